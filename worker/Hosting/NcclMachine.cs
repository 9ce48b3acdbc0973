using Distributed.Protocol;
using Distributed.Transports.Nccl;

namespace Distributed.Worker.Hosting;

/// <summary>What this process has for an exchange over NCCL; looked for once.</summary>
public sealed class NcclMachine
{
    private readonly string? _problem;
    private readonly IReadOnlyList<string> _devices = [];

    /// <summary>Loads the libraries and counts the GPUs. What is missing is no error: <see cref="Offer"/> says it.</summary>
    /// <param name="files">Where to look.</param>
    public NcclMachine(NcclFiles files)
    {
        Files = files;
        try
        {
            Library = NcclLibrary.Load(files.Library);
            _devices = CudaDevices.Find(files.CudaRuntime);
            if (_devices.Count == 0) _problem = "CUDA finds no GPU, or no driver for it.";
        }
        catch (Exception missing) when (missing is NcclLibraryException or NcclException)
        {
            _problem = missing.Message;
        }
    }

    /// <summary>Where it looked.</summary>
    public NcclFiles Files { get; }

    /// <summary>NCCL; null where it cannot be used.</summary>
    public NcclLibrary? Library { get; }

    /// <summary>The same for the coordinator.</summary>
    public NcclOffer Offer => new() { Version = Library?.Version.ToString() ?? "", Problem = _problem ?? "", Devices = { _devices } };
}
