using System.CommandLine;
using System.CommandLine.Parsing;
using Distributed.Coordinator.Jobs;
using Distributed.Worker.Hosting;

namespace Distributed.Cli.Commands;

/// <summary><c>--nccl-library path</c> and <c>--cuda-runtime path</c>, with environment variables as defaults.</summary>
internal sealed class NcclOptions
{
    private readonly Option<string?> _library = new Option<string?>("--nccl-library")
    {
        Description = "NCCL library: a path, or a file name that the dynamic loader searches for. "
            + $"Default: ${NcclFiles.LibraryVariable}, else libnccl.so.2.",
        HelpName = "path",
    }.RefusingEmpty();

    private readonly Option<string?> _cudaRuntime = new Option<string?>("--cuda-runtime")
    {
        Description = $"CUDA runtime library for NCCL. Default: ${NcclFiles.CudaRuntimeVariable}, else libcudart.so of CUDA 13, 12 or 11.",
        HelpName = "path",
    }.RefusingEmpty();

    public void AddTo(Command command)
    {
        command.Options.Add(_library);
        command.Options.Add(_cudaRuntime);
    }

    /// <summary>Refuses the options if the isolation or the transport does not use them.</summary>
    /// <exception cref="UserErrorException">An option is given and has no effect.</exception>
    public void Require(CommandResult result, Isolation isolation, TransportKind transport)
    {
        if (transport is TransportKind.Grpc or TransportKind.SameHost
            && (result.GetValue(_library) ?? result.GetValue(_cudaRuntime)) is not null)
            throw new UserErrorException("--nccl-library and --cuda-runtime are for --transport nccl or auto. Omit them.");
        if (isolation == Isolation.InProcess && (result.GetValue(_library) ?? result.GetValue(_cudaRuntime)) is not null)
            throw new UserErrorException(
                "--nccl-library and --cuda-runtime are for workers that are processes. Add --isolation process, or omit them.");
    }

    public NcclFiles Of(CommandResult result)
    {
        var defaults = NcclFiles.OfEnvironment();
        return new NcclFiles(result.GetValue(_library) ?? defaults.Library, result.GetValue(_cudaRuntime) ?? defaults.CudaRuntime);
    }

    /// <summary>Returns the command-line arguments that pass the files to a worker process.</summary>
    public static string[] Arguments(NcclFiles files) =>
        [.. files.Library is { } library ? ["--nccl-library", library] : Array.Empty<string>(),
            .. files.CudaRuntime is { } runtime ? ["--cuda-runtime", runtime] : Array.Empty<string>()];
}
