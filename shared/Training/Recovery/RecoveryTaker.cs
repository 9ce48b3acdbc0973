using System.Text;
using Distributed.Parallel.Collectives;
using Distributed.Training.Checkpointing;
using Distributed.Training.Steps;
using Distributed.Transports;

namespace Distributed.Training.Recovery;

/// <summary>
/// Takes recovery points on one rank: a copy of its own part, and one with its buddy. All ranks take them together, between two steps; the
/// next commit says that all have it, and only then the one before goes.
/// </summary>
/// <param name="network">What is kept of it is what this rank would write to a checkpoint.</param>
/// <param name="world">All ranks.</param>
/// <param name="collectives">Over them.</param>
/// <param name="epoch">The group's epoch.</param>
/// <param name="points">Where parts are kept.</param>
/// <param name="options">When and to whom.</param>
/// <param name="time">The clock.</param>
public sealed class RecoveryTaker(TrainedNetwork network, IExchange world, ICollectives collectives, long epoch, RecoveryPoints points, RecoveryOptions options, TimeProvider time)
{
    private readonly NetworkTensors _tensors = new(network, collectives);
    private readonly PartExchange _parts = new(world, epoch);
    private RecoveryMoment? _last, _pending;

    /// <summary>K, which the cost decides.</summary>
    public RecoveryInterval Interval { get; } = new(options.Every, options.Share);

    /// <summary>How long this rank took for the last one, in seconds; 0 once it was told.</summary>
    public double UntoldSeconds { get; private set; }

    /// <summary>Bytes of this rank's part.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether one is to be taken after so many steps; the same on every rank.</summary>
    public bool IsDue(long step) => _last is not { } last || Interval.IsOver(step - last.Step);

    /// <summary>Takes one; all ranks together.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="position">Of the next sample.</param>
    /// <exception cref="NotFiniteException">A rank's part has a value that is not finite; no part is kept, and those of the point before stay.</exception>
    public void Take(long step, long position)
    {
        var start = time.GetTimestamp();
        var moment = new RecoveryMoment(epoch, step, world.Size);
        var own = RecoveryPoint.Of(moment, world.Rank, position, _tensors.All());
        RequireFinite(own, step);
        points.Add(own);
        Bytes = own.Length;
        var toSend = new (long, IReadOnlyList<(RecoveryPoint, RecoveryEntry)>)?[world.Size];
        var buddy = (world.Rank + options.BuddyShift) % world.Size;
        if (buddy != world.Rank) toSend[buddy] = (position, [.. own.Entries.Select(entry => (own, entry))]);
        _parts.Step = step;
        var messages = _parts.Run(toSend);
        for (var owner = 0; owner < messages.Length; owner++)
            if (messages[owner] is { } message) points.Add(RecoveryPoint.Received(moment, owner, message.Table.Position, message.Table.Entries, message.Memory));
        (_last, _pending) = (moment, moment);
        Interval.Begin();
        UntoldSeconds = time.GetElapsedTime(start).TotalSeconds;
    }

    private void RequireFinite(RecoveryPoint own, long step)
    {
        var finds = collectives.AllGatherBytes(Encoding.UTF8.GetBytes(own.NotFinite ?? "")).Select(Encoding.UTF8.GetString).ToArray();
        if (finds.All(find => find.Length == 0)) return;
        own.Dispose();
        var (rank, tensor) = _tensors.First(finds.Index().Where(find => find.Item.Length > 0));
        throw NotFiniteException.InState(step, rank, tensor, "recovery point");
    }

    /// <summary>All ranks have come past the last one, if there was any since: those before it may go.</summary>
    public void AllHaveIt()
    {
        if (_pending is { } complete) points.KeepOnly(complete);
        _pending = null;
    }

    /// <summary>What all ranks measured, the mean; the same is told on every rank.</summary>
    public void Told(double pointSeconds, double stepSeconds)
    {
        if (pointSeconds > 0) Interval.PointTook(pointSeconds);
        Interval.StepTook(stepSeconds);
        UntoldSeconds = 0;
    }
}
