using System.CommandLine;
using System.CommandLine.Parsing;
using Distributed.Coordinator.Jobs;
using Distributed.Worker.Hosting;

namespace Distributed.Cli.Commands;

/// <summary><c>--nccl-library path</c> and <c>--cuda-runtime path</c>, or the environment's words for them.</summary>
internal sealed class NcclOptions
{
    private readonly Option<string?> _library = new Option<string?>("--nccl-library")
    {
        Description = $"NCCL, for the exchange over it: a file, or a name for the loader's search. Without it, what {NcclFiles.LibraryVariable} says, else libnccl.so.2.", HelpName = "path",
    }.RefusingEmpty();

    private readonly Option<string?> _cudaRuntime = new Option<string?>("--cuda-runtime")
    {
        Description = $"CUDA's runtime, for the same. Without it, what {NcclFiles.CudaRuntimeVariable} says, else libcudart.so of CUDA 13, 12 or 11.", HelpName = "path",
    }.RefusingEmpty();

    public void AddTo(Command command)
    {
        command.Options.Add(_library);
        command.Options.Add(_cudaRuntime);
    }

    /// <summary>Refuses the options where nobody would use them.</summary>
    public void Require(CommandResult result, Isolation isolation, ExchangeWay transport)
    {
        if (transport is ExchangeWay.Grpc or ExchangeWay.SameHost && (result.GetValue(_library) ?? result.GetValue(_cudaRuntime)) is not null)
            throw new UserErrorException("--nccl-library and --cuda-runtime are for --transport nccl or auto; leave them out.");
        if (isolation == Isolation.InProcess && (result.GetValue(_library) ?? result.GetValue(_cudaRuntime)) is not null)
            throw new UserErrorException("--nccl-library and --cuda-runtime are for workers that are processes; add --isolation process, or leave them out.");
    }

    public NcclFiles Of(CommandResult result)
    {
        var said = NcclFiles.OfEnvironment();
        return new NcclFiles(result.GetValue(_library) ?? said.Library, result.GetValue(_cudaRuntime) ?? said.CudaRuntime);
    }

    /// <summary>The same as arguments, for workers that are started with them.</summary>
    public static string[] Arguments(NcclFiles files) =>
        [.. files.Library is { } library ? ["--nccl-library", library] : Array.Empty<string>(), .. files.CudaRuntime is { } runtime ? ["--cuda-runtime", runtime] : Array.Empty<string>()];
}
