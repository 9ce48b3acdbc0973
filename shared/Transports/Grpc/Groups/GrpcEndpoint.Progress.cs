using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>Progress of the ranks in operations that this transport does not carry: a number that never decreases.</summary>
internal sealed partial class GrpcEndpoint
{
    private long _progress;

    /// <summary>Sends this rank's progress to all others. A value that has not been sent yet is replaced.</summary>
    public void PublishProgress(long progress)
    {
        lock (_fence.Gate)
        {
            if (_left || _fence.Cause is not null) return;
            _progress = Math.Max(_progress, progress);
            for (var peer = 0; peer < Size; peer++)
            {
                if (peer == Rank || _peers[peer].IsProgressQueued) continue;
                _peers[peer].IsProgressQueued = true;
                Outbox(peer).SendControl(new OutgoingFrame(this, FrameKind.Progress, peer, null, 0, 0));
            }
        }
    }

    /// <summary>Returns the last progress that a rank of the group sent, 0 before the first, and whether the rank has left.</summary>
    public (long Progress, bool Left) ProgressOf(int peer)
    {
        lock (_fence.Gate) return peer == Rank ? (_progress, _left) : (_peers[peer].Progress, _peers[peer].LeftAfter is not null);
    }

    public Refusal? OnProgress(int peer, in FrameHeader header)
    {
        lock (_fence.Gate)
        {
            var known = _peers[peer].Progress;
            if (header.Exchange < known) return new(RefusalKind.Order, $"its progress decreased from {known} to {header.Exchange}");
            _peers[peer].Progress = header.Exchange;
            return null;
        }
    }

    private long TakeProgress(int peer)
    {
        lock (_fence.Gate)
        {
            _peers[peer].IsProgressQueued = false;
            return _progress;
        }
    }
}
