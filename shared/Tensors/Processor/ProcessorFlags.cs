namespace Distributed.Tensors.Processor;

/// <summary>Processor features that .NET does not expose.</summary>
public static class ProcessorFlags
{
    private static readonly string[] Bf16Products = ["avx512_bf16", "amx_bf16"];
    private static readonly Lazy<bool> Native = new(() => MultipliesBf16In("/proc/cpuinfo"));

    /// <summary>
    /// Whether the processor multiplies bf16 matrices natively, by AVX512-BF16 or AMX. Otherwise libtorch's bf16 products take ten times as
    /// long as fp32 products.
    /// </summary>
    public static bool MultipliesBf16 => Native.Value;

    /// <summary>Reads the feature from a file such as <c>/proc/cpuinfo</c>; false if the file does not exist.</summary>
    public static bool MultipliesBf16In(string path)
    {
        if (!File.Exists(path)) return false;
        var flags = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "";
        return flags.Split([' ', '\t', ':'], StringSplitOptions.RemoveEmptyEntries).Intersect(Bf16Products).Any();
    }
}
