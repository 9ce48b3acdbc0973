using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Distributed.Tensors.Processor;

/// <summary>
/// Makes MKL's fp32 and fp64 products bitwise independent of the number of threads, by MKL's strict conditional numerical
/// reproducibility (oneMKL Developer Guide, "Obtaining Numerically Reproducible Results").
/// </summary>
/// <remarks>
/// Only on Intel processors. On others, MKL uses other code, in which some fp64 products depend on the number of threads, and more of
/// them in the reproducible mode than without it (measured by forcing MKL to use that code).
/// MKL reads the variable at its first product, so the variable is set when this assembly is loaded. A value set by the user is kept.
/// </remarks>
internal static partial class ReproducibleProducts
{
    private const string Variable = "MKL_CBWR", Mode = "AUTO,STRICT";

    /// <summary>Whether this process's products are bitwise independent of the number of threads.</summary>
    public static bool IsEnabled { get; private set; }

#pragma warning disable CA2255 // a module initialiser in a library: any later code may run after MKL's first product
    [ModuleInitializer]
    internal static void Request()
#pragma warning restore CA2255
    {
        if (!OperatingSystem.IsLinux() || !IsIntel() || !Avx2.IsSupported) return; // the strict mode needs AVX2
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
            IsEnabled = chosen.Contains("STRICT", StringComparison.OrdinalIgnoreCase);
        else IsEnabled = setenv(Variable, Mode, overwrite: 1) == 0; // sets the native environment; .NET changes only its own copy
    }

    // "GenuineIntel" in registers EBX, EDX, ECX.
    private static bool IsIntel()
    {
        if (!X86Base.IsSupported) return false;
        var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
        return (ebx, edx, ecx) == (0x756E6547, 0x49656E69, 0x6C65746E);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
