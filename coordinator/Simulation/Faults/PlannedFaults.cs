using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Workers;
using PlannedFault = Distributed.Protocol.Faults.Fault;

namespace Distributed.Simulation.Faults;

/// <summary>
/// Injects the faults of a plan, each once. A fault after a step is injected right after its worker has committed that step, or its next
/// step if that one is past. A fault at a time is injected at that time. README.md lists what each kind does here.
/// </summary>
internal sealed class PlannedFaults(SimulatedWorld world, FaultPlan plan, SeededRandom random)
{
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1), LongestUnnoticed = TimeSpan.FromSeconds(6),
        LongestAway = TimeSpan.FromSeconds(30);

    private readonly List<PlannedFault> _open = [.. plan.Faults];

    /// <summary>The number of faults that were injected.</summary>
    public int InjectedCount { get; private set; }

    /// <summary>Starts the run.</summary>
    public void Begin()
    {
        foreach (var fault in plan.Faults.Where(fault => fault.Trigger.Time is not null))
            world.Time.RunAfter(fault.Trigger.Time!.Value, () => Inject(fault));
    }

    /// <summary>Reports that a worker has committed a step.</summary>
    public void OnCommitted(LedgerWorker worker, long step)
    {
        PlannedFault[] due = [.. _open.Where(fault => fault.Trigger.Step <= step && (fault.Worker ?? worker.Id.Name) == worker.Id.Name)];
        foreach (var fault in due) Inject(fault);
    }

    private void Inject(PlannedFault fault)
    {
        var worker = world.Workers.LastOrDefault(each => each.IsAlive && each.Id.Name == fault.Worker);
        // Without a live worker of that name, a fault after a step waits for the next one.
        if (fault.Worker is not null && worker is null) return;
        _open.Remove(fault);
        InjectedCount++;
        world.Disturbances.HasFault = true;
        world.Log.Write($"fault: {fault}");
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                worker!.End("killed");
                break;
            case FaultKind.Stop or FaultKind.Partition: // nothing arrives from the worker, and nothing reaches it
                WorkerFrozen.Freeze(world, worker!, fault.Duration ?? world.Options.Limit, random);
                break;
            case FaultKind.Exception:
                Fail(worker!.Role, FailureKind.FailureTransient, FailureCause.Defect, "an exception");
                break;
            case FaultKind.NonFiniteGradient:
                Fail(worker!.Role, FailureKind.FailureNotFinite, FailureCause.NotFinite, "");
                break;
            case FaultKind.CorruptFrame: // another rank detects it
                var other = world.Workers.Select(each => each.Role)
                    .FirstOrDefault(role => role is { IsOver: false } && role.Group == worker!.Role?.Group && role.Worker != worker);
                Fail(other, FailureKind.FailureTransient, FailureCause.Exchange, $"a corrupt frame of {fault.Worker}");
                break;
            case FaultKind.DroppedConnection:
                worker!.Link.Break("its connection broke", random.NextLogUniform(Instant, LongestUnnoticed),
                    random.NextLogUniform(Instant, LongestUnnoticed));
                break;
            case FaultKind.SlowLink:
                worker!.SlowFrames(TimeSpan.FromMilliseconds(fault.Number(FaultParameter.LatencyMs)!.Value), fault.Duration!.Value);
                break;
            case FaultKind.DiskFull when fault.Duration is { } span:
                DiskFull.Fill(world, span);
                break;
            case FaultKind.DiskFull:
                world.Checkpoints.RefusesNext = true;
                break;
            case FaultKind.CoordinatorKill:
                world.Restart(random.NextLogUniform(Instant, LongestAway));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, "Unknown kind of fault.");
        }
    }

    private static void Fail(LedgerRole? role, FailureKind kind, FailureCause cause, string message)
    {
        if (role is { IsOver: false }) role.PendingFailure = (kind, cause, message);
    }
}
