using System.Text;

namespace Distributed.Transports.Nccl;

/// <summary>Finds the GPUs that this process may use.</summary>
public static unsafe class CudaDevices
{
    private const int NoDevice = 100, InsufficientDriver = 35, NameBytes = 64;
    /// <summary>
    /// Returns a name for each GPU, by its number in this process: <c>machine/PCI bus id</c>. Two processes get the same name for the same
    /// GPU. Does not access a GPU. Empty if there is no GPU or no driver.
    /// </summary>
    /// <param name="runtimeFile">Path of the CUDA runtime; null for <see cref="CudaDevice.DefaultNames"/>.</param>
    /// <exception cref="NcclLibraryException">The CUDA runtime is not found or lacks a function.</exception>
    /// <exception cref="NcclException">A CUDA call failed.</exception>
    public static IReadOnlyList<string> Find(string? runtimeFile = null)
    {
        var symbols = CudaDevice.Load(runtimeFile);
        var getDeviceCount = (delegate* unmanaged[Cdecl]<int*, int>)symbols["cudaGetDeviceCount"];
        var getPciBusId = (delegate* unmanaged[Cdecl]<byte*, int, int, int>)symbols["cudaDeviceGetPCIBusId"];
        int count;
        var result = getDeviceCount(&count);
        if (result is NoDevice or InsufficientDriver) return [];
        Check(result, "cudaGetDeviceCount");

        var machine = Machine();
        var names = new string[count];
        var bytes = stackalloc byte[NameBytes];
        for (var device = 0; device < count; device++)
        {
            Check(getPciBusId(bytes, NameBytes, device), $"cudaDeviceGetPCIBusId of device {device}");
            var name = new ReadOnlySpan<byte>(bytes, NameBytes);
            names[device] = $"{machine}/{Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)])}";
        }

        return names;
    }

    // The boot id is the same in all containers of a machine.
    private static string Machine()
    {
        const string Boot = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Boot) ? File.ReadAllText(Boot).Trim() : Environment.MachineName;
    }

    private static void Check(int result, string call)
    {
        if (result != 0) throw new NcclException(null, call, null, NcclResult.UnhandledCudaError, $"CUDA error {result}");
    }
}
