using Microsoft.Extensions.Logging;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>Counts and logs the refusals of a server.</summary>
internal sealed class Refusals(ILogger logger)
{
    private readonly long[] _counts = new long[Enum.GetValues<RefusalKind>().Length];

    public long Count(RefusalKind kind) => Interlocked.Read(ref _counts[(int)kind]);

    public void Add(Refusal refusal, string from)
    {
        Interlocked.Increment(ref _counts[(int)refusal.Kind]);
        GrpcLog.Refused(logger, from, refusal.Kind, refusal.Text);
    }
}
