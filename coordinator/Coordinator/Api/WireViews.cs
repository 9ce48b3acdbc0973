using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Operations;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Distributed.Coordinator.Api;

/// <summary>Converts views to the messages of <c>jobs.proto</c>.</summary>
internal static class WireViews
{
    private const string Trailer = "problems-bin";

    public static WorkerInfo Of(WorkerView worker) => new()
    {
        Name = worker.Id.Name, Incarnation = worker.Id.Incarnation, State = worker.State.ToString().ToLowerInvariant(),
        Job = worker.Job ?? "", Cores = worker.Cores,
        Host = worker.Host, ExchangeAddress = worker.ExchangeAddress, Program = worker.Program,
        JoinedUnixMs = worker.Joined.ToUnixTimeMilliseconds(),
    };

    public static JobInfo Of(JobView job, bool whole = false) => new()
    {
        Id = job.Id, Name = job.Stored.Name, State = job.State.ToString().ToLowerInvariant(), Reason = job.Stored.Reason,
        FailureCause = FailureText.Word(job.Stored.Cause) ?? "",
        SubmittedUnixMs = job.Stored.Submitted.ToUnixTimeMilliseconds(), StartedUnixMs = job.Stored.Started?.ToUnixTimeMilliseconds() ?? 0,
        EndedUnixMs = job.Stored.Ended?.ToUnixTimeMilliseconds() ?? 0,
        Workers = job.Stored.Workers, WorkersHeld = job.WorkersHeld, Step = job.Stored.Step, Steps = job.Stored.Steps,
        StepsLost = job.Stored.StepsLost,
        Checkpoint = job.Stored.Checkpoint ?? "", CheckpointStep = job.Stored.CheckpointStep,
        JobJson = whole ? job.Stored.JobJson : "", Exit = job.Stored.ExitStatus ?? -1,
        Warnings = { job.Warnings.Select(warning => new Protocol.JobWarning { Keys = { warning.Keys }, Message = warning.Text }) },
    };

    public static MetricPointInfo Of(MetricPoint point) => new()
    {
        FirstStep = point.FirstStep, LastStep = point.LastStep, Steps = point.Steps,
        Mean = { point.Values.Select(value => value.Mean) }, Min = { point.Values.Select(value => value.Min) },
        Max = { point.Values.Select(value => value.Max) },
    };

    public static JobEventInfo Of(StoredEvent happened) => new()
    {
        Number = happened.Number, AtUnixMs = happened.At.ToUnixTimeMilliseconds(), Kind = happened.Kind, AfterStep = happened.AfterStep,
        Text = happened.Text, DataJson = happened.DataJson ?? "",
    };

    public static LogEntryInfo Of(LogEntry entry) => entry.Event is { } happened
        ? new LogEntryInfo { Cursor = entry.Cursor.ToString(), Event = Of(happened) }
        : new LogEntryInfo { Cursor = entry.Cursor.ToString(), Step = Of(entry.Step!) };

    public static RpcException Of(OperationRefusedException refused)
    {
        var code = refused.Refusal switch
        {
            OperationRefusal.Invalid => StatusCode.InvalidArgument,
            OperationRefusal.NotFound => StatusCode.NotFound,
            OperationRefusal.InvalidState => StatusCode.FailedPrecondition,
            var other => throw new ArgumentOutOfRangeException(nameof(refused), other, "Unknown refusal."),
        };
        var problems = new JobProblems
        {
            Problems =
            {
                refused.Problems.Select(
                    problem => new JobProblemInfo
                    {
                        Where = problem.Key, Value = problem.Value ?? "", What = problem.Allowed, Fix = problem.Fix ?? ""
                    })
            }
        };
        return new RpcException(new Status(code, refused.Message), new Metadata { { Trailer, problems.ToByteArray() } });
    }
}
