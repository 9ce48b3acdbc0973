using Distributed.Tensors.Processor;

namespace Distributed.Training.Jobs;

/// <summary>The type that activations and matrix products are computed in; master weights and moments are at least fp32.</summary>
public enum Precision
{
    /// <summary>bf16 where the processor multiplies it natively, else fp32.</summary>
    Auto,

    /// <summary>bf16 compute over fp32 master weights.</summary>
    Bf16,

    /// <summary>fp32 throughout.</summary>
    Fp32,

    /// <summary>fp64 throughout, for proofs.</summary>
    Fp64,
}

/// <summary>What <c>precision: auto</c> means on a given processor.</summary>
public static class PrecisionChoice
{
    internal static WordMap<Precision> Words { get; } =
        new(("auto", Precision.Auto), ("bf16", Precision.Bf16), ("fp32", Precision.Fp32), ("fp64", Precision.Fp64));

    /// <summary>The word of a job file for <paramref name="precision"/>.</summary>
    public static string Word(this Precision precision) => Words.Write(precision);

    /// <summary>
    /// Settles <see cref="Precision.Auto"/> from <c>/proc/cpuinfo</c>: without native products bf16 is slower than fp32,
    /// with them about four times as fast. Where that file is missing, fp32.
    /// </summary>
    public static Precision Resolve(this Precision precision, string cpuInfoPath = "/proc/cpuinfo")
    {
        if (precision != Precision.Auto) return precision;
        return ProcessorFlags.MultipliesBf16In(cpuInfoPath) ? Precision.Bf16 : Precision.Fp32;
    }
}
