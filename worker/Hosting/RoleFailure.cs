using System.Runtime.InteropServices;
using Distributed.Checkpoints;
using Distributed.Configuration;
using Distributed.Data;
using Distributed.Protocol;
using Distributed.Tensors.Safetensors;
using Distributed.Training;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Transports.Nccl;

namespace Distributed.Worker.Hosting;

/// <summary>Describes an exception for the coordinator: its kind, its cause, the rank at fault, and the message for users.</summary>
internal static class RoleFailure
{
    private const int Unknown = -1;

    public static Failed Describe(Exception error, int rank, string operation)
    {
        var failed = new Failed
        {
            Rank = rank, Operation = operation, Message = error.Message, Kind = KindOf(error), Cause = CauseOf(error)
        };
        switch (error)
        {
            case ExchangeAbortedException aborted:
                failed.Consequence = aborted.CulpritRank != rank;
                failed.Culprit = aborted.CulpritRank;
                break;
            case ExchangeTimeoutException timeout:
                failed.Consequence = true;
                failed.Culprit = timeout.MissingRanks[0];
                break;
            case NcclException { Result: NcclResult.RemoteError } remote:
                failed.Consequence = true;
                failed.Culprit = remote.Peer ?? Unknown;
                break;
            case TimeoutException or GrpcConnectException:
                failed.Consequence = true; // the other ranks did not arrive
                failed.Culprit = Unknown;
                break;
            case CheckpointException { Rank: not null }:
                failed.NamesRank = true;
                break;
            case ConfigException or DataException or CheckpointException or SafetensorsException or TrainingException
                or ExchangeMismatchException or NcclException or NcclLibraryException or IOException or UnauthorizedAccessException:
                break; // their messages are complete
            case OutOfMemoryException or OverflowException:
            case ExternalException when IsOutOfMemory(error):
                failed.Message = $"not enough memory while {operation}: {FirstLine(error.Message)} "
                    + "Use a smaller model, shorter sequences, fewer of them (training.global_batch), "
                    + "or cut the step into more micro-batches (training.accumulation).";
                break;
            default:
                failed.Message = $"unexpected {error.GetType().Name} while {operation}: {error.Message}";
                failed.Detail = error.ToString();
                break;
        }

        return failed;
    }

    // Errors of the job, its files or the machine's memory would repeat.
    private static FailureKind KindOf(Exception error) => error switch
    {
        NotFiniteException => FailureKind.FailureNotFinite,
        CheckpointException { Cause: CheckpointFailureCause.Removed } => FailureKind.FailureTransient,
        ConfigException or DataException or CheckpointException or SafetensorsException or TrainingException
            or UnauthorizedAccessException => FailureKind.FailureFatal,
        OutOfMemoryException or OverflowException or ExternalException => FailureKind.FailureFatal,
        _ => FailureKind.FailureTransient,
    };

    private static FailureCause CauseOf(Exception error) => error switch
    {
        NotFiniteException => FailureCause.NotFinite,
        CheckpointException or SafetensorsException => FailureCause.Checkpoint,
        ConfigException or DataException or TrainingException => FailureCause.InvalidJob,
        OutOfMemoryException or OverflowException => FailureCause.OutOfMemory,
        ExternalException when IsOutOfMemory(error) => FailureCause.OutOfMemory,
        ExchangeAbortedException or ExchangeTimeoutException or ExchangeMismatchException or GrpcConnectException
            or TimeoutException => FailureCause.Exchange,
        NcclException or NcclLibraryException => FailureCause.Exchange,
        IOException or UnauthorizedAccessException => FailureCause.RankError,
        _ => FailureCause.Defect,
    };

    // libtorch's allocator has no exception of its own.
    private static bool IsOutOfMemory(Exception error) => error.Message.Contains("DefaultCPUAllocator", StringComparison.Ordinal);

    // The rest is the native library's stack.
    private static string FirstLine(string message) => message.Split('\n')[0].Trim().TrimEnd('.') + ".";
}
