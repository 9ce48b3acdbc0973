using System.Runtime.InteropServices;

namespace Distributed.Cli.Models;

/// <summary>Says what is missing where libtorch does not load, before TorchSharp says something misleading.</summary>
internal static class NativeTorch
{
    private static readonly string[] Libraries = ["libtorch_cpu.so", "libLibTorchSharp.so"];

    /// <exception cref="UserErrorException">It does not load; the message has the loader's own words.</exception>
    public static void Require()
    {
        if (!OperatingSystem.IsLinux()) return; // elsewhere TorchSharp finds its own way
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
                    $"The native tensor library does not load: {error.Message.ReplaceLineEndings(" ").Trim()}\nIt needs 64-bit Linux on x86 with glibc 2.28 or newer and libstdc++ of GCC 12 or newer. Build again with: dotnet build -c Release coordinator/Cli");
            }
        }
    }
}
