using System.Runtime.InteropServices;

namespace Distributed.Cli.Models;

/// <summary>Loads libtorch and reports a missing dependency before TorchSharp fails with a misleading message.</summary>
internal static class NativeTorch
{
    private static readonly string[] Libraries = ["libtorch_cpu.so", "libLibTorchSharp.so"];

    /// <summary>Loads the native libraries.</summary>
    /// <exception cref="UserErrorException">A library does not load; the message contains the loader's message.</exception>
    public static void Require()
    {
        if (!OperatingSystem.IsLinux()) return; // on other systems TorchSharp locates its libraries
        foreach (var library in Libraries)
        {
            var path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", library);
            try
            {
                NativeLibrary.Load(path);
            }
            catch (DllNotFoundException error)
            {
                throw new UserErrorException(
                    $"The native tensor library does not load: {error.Message.ReplaceLineEndings(" ").Trim()}\n"
                    + "It needs 64-bit Linux on x86 with glibc 2.28 or newer and libstdc++ of GCC 12 or newer. "
                    + "Build again with: dotnet build -c Release coordinator/Cli");
            }
        }
    }
}
