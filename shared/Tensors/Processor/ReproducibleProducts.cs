using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Distributed.Tensors.Processor;

/// <summary>
/// Makes the bits of MKL's fp32 and fp64 products independent of the number of threads, by its strict conditional numerical
/// reproducibility (oneMKL Developer Guide, "Obtaining Numerically Reproducible Results").
/// </summary>
/// <remarks>
/// Only on processors of Intel. On others MKL takes other code, in which some fp64 products depend on the number of threads, and more
/// of them in the reproducible mode than out of it (measured by directing MKL to that code).
/// MKL reads the variable at its first product, so it is set when this assembly is loaded. A value that the user has set is kept.
/// </remarks>
internal static partial class ReproducibleProducts
{
    private const string Variable = "MKL_CBWR", Mode = "AUTO,STRICT";

    /// <summary>Whether the bits of this process's products do not depend on the number of threads.</summary>
    public static bool IsPromised { get; private set; }

#pragma warning disable CA2255 // of an application's initialisation: nothing later is early enough for MKL
    [ModuleInitializer]
    internal static void Request()
#pragma warning restore CA2255
    {
        if (!OperatingSystem.IsLinux() || !IsIntel() || !Avx2.IsSupported) return; // the strict mode needs AVX2
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen) IsPromised = chosen.Contains("STRICT", StringComparison.OrdinalIgnoreCase);
        else IsPromised = setenv(Variable, Mode, overwrite: 1) == 0; // in the process's environment, of which .NET has only a copy
    }

    // "GenuineIntel" in the order of the registers.
    private static bool IsIntel()
    {
        if (!X86Base.IsSupported) return false;
        var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
        return (ebx, edx, ecx) == (0x756E6547, 0x49656E69, 0x6C65746E);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
