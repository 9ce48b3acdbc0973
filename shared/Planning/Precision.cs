namespace Distributed.Planning;

/// <summary>The type that activations and matrix products are computed in; master weights and moments are at least fp32.</summary>
public enum Precision
{
    /// <summary>bf16 if its products are fast enough on every worker, else fp32: <see cref="PrecisionChoice"/>.</summary>
    Auto,

    /// <summary>bf16 compute over fp32 master weights.</summary>
    Bf16,

    /// <summary>fp32 throughout.</summary>
    Fp32,

    /// <summary>fp64 throughout, for proofs.</summary>
    Fp64,
}

/// <summary>What <see cref="Precision.Auto"/> means for the workers of a job.</summary>
public static class PrecisionChoice
{
    /// <summary>
    /// How many times as fast as fp32 products bf16 ones have to be. bf16 costs accuracy, and conversions between the products:
    /// on processors that have its instructions but no fast units it is slower.
    /// </summary>
    public const double RequiredSpeedup = 1.2;

    /// <summary>One precision for all ranks, since all must compute the same.</summary>
    /// <param name="speedups">Per worker, the measured rate of bf16 products over that of fp32 ones; 0 if it has none or has not measured.</param>
    public static Precision Of(IEnumerable<double> speedups) =>
        speedups.DefaultIfEmpty(0).All(speedup => speedup >= RequiredSpeedup) ? Precision.Bf16 : Precision.Fp32;

    /// <summary>The name of <paramref name="precision"/> in a job file.</summary>
    public static string Name(this Precision precision) => precision switch
    {
        Precision.Auto => "auto",
        Precision.Bf16 => "bf16",
        Precision.Fp32 => "fp32",
        Precision.Fp64 => "fp64",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "An unknown precision."),
    };
}
