using Distributed.Protocol;
using Distributed.Transports.Nccl;

namespace Distributed.Worker.Hosting;

/// <summary>The NCCL library and GPUs of this process; searched once.</summary>
public sealed class NcclMachine
{
    private readonly string? _problem;
    private readonly IReadOnlyList<string> _devices = [];

    /// <summary>
    /// Loads the libraries and counts the GPUs. A missing library or GPU is not an error: <see cref="Offer"/> reports it.
    /// </summary>
    /// <param name="files">The libraries to load.</param>
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

    /// <summary>The libraries that were to be loaded.</summary>
    public NcclFiles Files { get; }

    /// <summary>The NCCL library; null if it cannot be used.</summary>
    public NcclLibrary? Library { get; }

    /// <summary>The version, the devices and the problem as a message to the coordinator.</summary>
    public NcclOffer Offer => new() { Version = Library?.Version.ToString() ?? "", Problem = _problem ?? "", Devices = { _devices } };
}
