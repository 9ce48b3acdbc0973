using Distributed.Protocol;

namespace Distributed.Simulation.Schedules.Ledger;

/// <summary>Which moment of which epoch a recovery point is of; as many ranks have a part of it.</summary>
internal readonly record struct RecoveryMoment(long Epoch, long Step, int World)
{
    public static RecoveryMoment Of(Recover recover) => new(recover.Epoch, recover.Step, recover.World);
}
