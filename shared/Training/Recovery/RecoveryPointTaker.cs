using System.Text;
using Distributed.Parallel.Collectives;
using Distributed.Training.SavedState;
using Distributed.Training.Steps;
using Distributed.Transports;

namespace Distributed.Training.Recovery;

/// <summary>
/// Takes recovery points on one rank: keeps a copy of the rank's part and sends one to its buddy. All ranks take a recovery point together,
/// between two steps. The next commit confirms that every rank has its parts; only then is the previous recovery point dropped.
/// </summary>
/// <param name="network">The network. A part has the tensors that this rank would write to a checkpoint.</param>
/// <param name="world">Exchange over all ranks.</param>
/// <param name="collectives">Collectives over all ranks.</param>
/// <param name="epoch">Epoch of the group.</param>
/// <param name="points">Holds the parts.</param>
/// <param name="options">The interval and the buddies.</param>
/// <param name="time">The clock.</param>
public sealed class RecoveryPointTaker(TrainedNetwork network, IExchange world, ICollectives collectives, long epoch, RecoveryPoints points,
    RecoveryOptions options, TimeProvider time)
{
    private readonly NetworkTensors _tensors = new(network, collectives);
    private readonly TensorOrder _order = new(network.Model.Config);
    private readonly PartExchange _parts = new(world, epoch);
    private RecoveryPointId? _last, _pending;

    /// <summary>Number of steps between recovery points.</summary>
    public RecoveryInterval Interval { get; } = new(options.Every, options.Share);

    /// <summary>Time of the last recovery point on this rank, in seconds, until the ranks have exchanged it; then 0.</summary>
    public double UnreportedSeconds { get; private set; }

    /// <summary>Size of this rank's part, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether a recovery point is due after step <paramref name="step"/>; the same on every rank.</summary>
    public bool IsDue(long step) => _last is not { } last || Interval.IsDue(step - last.Step);

    /// <summary>Takes a recovery point. Every rank must call it.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="position">Global position of the next sample.</param>
    /// <exception cref="NotFiniteException">
    /// A rank's part has a value that is not finite. No part is kept; the previous recovery point stays.
    /// </exception>
    public void Take(long step, long position)
    {
        var start = time.GetTimestamp();
        var id = new RecoveryPointId(epoch, step, world.Size);
        var own = RecoveryPoint.Of(id, world.Rank, position, _tensors.All());
        RequireFinite(own, step);
        points.Add(own);
        Bytes = own.Length;
        var toSend = new (long, IReadOnlyList<(RecoveryPoint, RecoveryEntry)>)?[world.Size];
        var buddy = (world.Rank + options.BuddyShift) % world.Size;
        if (buddy != world.Rank) toSend[buddy] = (position, [.. own.Entries.Select(entry => (own, entry))]);
        _parts.Step = step;
        var messages = _parts.Run(toSend);
        for (var owner = 0; owner < messages.Length; owner++)
            if (messages[owner] is { } message)
                points.Add(RecoveryPoint.Received(id, owner, message.Table.Position, message.Table.Entries, message.Memory));
        (_last, _pending) = (id, id);
        Interval.Begin();
        UnreportedSeconds = time.GetElapsedTime(start).TotalSeconds;
    }

    private void RequireFinite(RecoveryPoint own, long step)
    {
        var finds = collectives.AllGatherBytes(Encoding.UTF8.GetBytes(own.NotFinite ?? "")).Select(Encoding.UTF8.GetString).ToArray();
        if (finds.All(find => find.Length == 0)) return;
        own.Dispose();
        var (rank, tensor) = _order.First(finds.Index().Where(find => find.Item.Length > 0));
        throw NotFiniteException.InState(step, rank, tensor, "recovery point");
    }

    /// <summary>Drops older recovery points, once every rank is known to have its parts of the last one.</summary>
    public void CompleteOnAllRanks()
    {
        if (_pending is { } complete) points.KeepOnly(complete);
        _pending = null;
    }

    /// <summary>Records the means over all ranks, the same values on every rank.</summary>
    /// <param name="pointSeconds">Time of the last recovery point, in seconds; 0 if none was taken since the last call.</param>
    /// <param name="stepSeconds">Time of the last step, in seconds.</param>
    public void RecordMeans(double pointSeconds, double stepSeconds)
    {
        if (pointSeconds > 0) Interval.AddPointTime(pointSeconds);
        Interval.AddStepTime(stepSeconds);
        UnreportedSeconds = 0;
    }
}
