namespace Distributed.Planning;

/// <summary>The compute type of activations and matrix products; master weights and moments are at least fp32.</summary>
public enum Precision
{
    /// <summary>bf16 if bf16 products are fast enough on every worker, otherwise fp32: see <see cref="PrecisionChoice"/>.</summary>
    Auto,

    /// <summary>bf16 compute with fp32 master weights.</summary>
    Bf16,

    /// <summary>fp32 throughout.</summary>
    Fp32,

    /// <summary>fp64 throughout, for tests of correctness.</summary>
    Fp64,
}

/// <summary>Resolves <see cref="Precision.Auto"/> for the workers of a job.</summary>
public static class PrecisionChoice
{
    /// <summary>
    /// Minimum speedup of bf16 products over fp32 products. bf16 costs accuracy and conversions between products; it is slower on
    /// processors that have bf16 instructions but no fast bf16 units.
    /// </summary>
    public const double RequiredSpeedup = 1.2;

    /// <summary>Chooses one precision for all ranks.</summary>
    /// <param name="speedups">
    /// Measured speedup of bf16 products over fp32 products, one per worker; 0 if the worker has no bf16 products or did not measure them.
    /// </param>
    public static Precision Of(IEnumerable<double> speedups) =>
        speedups.DefaultIfEmpty(0).All(speedup => speedup >= RequiredSpeedup) ? Precision.Bf16 : Precision.Fp32;

    /// <summary>Returns the name of <paramref name="precision"/> in a job file.</summary>
    public static string Name(this Precision precision) => precision switch
    {
        Precision.Auto => "auto",
        Precision.Bf16 => "bf16",
        Precision.Fp32 => "fp32",
        Precision.Fp64 => "fp64",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "An unknown precision."),
    };
}
