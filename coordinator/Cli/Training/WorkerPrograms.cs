using System.Diagnostics;
using System.Globalization;
using Distributed.Cli.Commands;
using Distributed.LocalClusters.Processes;
using Distributed.Training.Jobs;
using Distributed.Worker.Hosting;

namespace Distributed.Cli.Training;

/// <summary>
/// Defines how <c>train --isolation process</c> starts its workers: as processes of this program with <c>worker join</c>.
/// </summary>
public static class WorkerPrograms
{
    /// <summary>Returns the options for the worker processes of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="nccl">The NCCL libraries; null for the default libraries.</param>
    /// <param name="warn">Receives warnings; null to discard them.</param>
    public static WorkerProcessOptions Options(TrainingJob job, NcclFiles? nccl = null, Action<string>? warn = null) => new()
    {
        Command = launch => Command(launch, nccl ?? new NcclFiles()),
        LogDirectory = Path.Combine(job.Checkpoint.Directory, "logs"), Warn = warn,
    };

    private static ProcessStartInfo Command(WorkerLaunch launch, NcclFiles nccl)
    {
        string[] arguments =
        [
            "worker", "join", "--coordinator", launch.Coordinator, "--name", launch.Name, "--rendezvous", launch.Rendezvous,
            "--beat-ms", ((int)launch.Beat.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), .. NcclOptions.Arguments(nccl),
        ];
        var library = typeof(WorkerPrograms).Assembly.Location;
        var program = Path.ChangeExtension(library, OperatingSystem.IsWindows() ? ".exe" : null);
        return File.Exists(program) ? new ProcessStartInfo(program, arguments) : new ProcessStartInfo("dotnet", [library, .. arguments]);
    }
}
