using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc.Groups;

/// <summary>How far the ranks are in what the group does by other means than these exchanges: a number that only rises.</summary>
internal sealed partial class GrpcEndpoint
{
    private long _standing;

    /// <summary>Tells all others. One that has not gone out yet is replaced by a later one.</summary>
    public void Stand(long standing)
    {
        lock (_fence.Gate)
        {
            if (_left || _fence.Verdict is not null) return;
            _standing = Math.Max(_standing, standing);
            for (var peer = 0; peer < Size; peer++)
            {
                if (peer == Rank || _peers[peer].IsToBeTold) continue;
                _peers[peer].IsToBeTold = true;
                Outbox(peer).Tell(new OutgoingFrame(this, FrameKind.Standing, peer, null, 0, 0));
            }
        }
    }

    /// <summary>What a rank of the group told last, 0 before; and whether it has left.</summary>
    public (long Standing, bool Left) StandingOf(int peer)
    {
        lock (_fence.Gate) return peer == Rank ? (_standing, _left) : (_peers[peer].Standing, _peers[peer].LeftAfter is not null);
    }

    public Refusal? OnStanding(int peer, in FrameHeader header)
    {
        lock (_fence.Gate)
        {
            var known = _peers[peer].Standing;
            if (header.Exchange < known) return new(RefusalKind.Order, $"it was at {known}, and says that it is at {header.Exchange}");
            _peers[peer].Standing = header.Exchange;
            return null;
        }
    }

    private long TakeStanding(int peer)
    {
        lock (_fence.Gate)
        {
            _peers[peer].IsToBeTold = false;
            return _standing;
        }
    }
}
