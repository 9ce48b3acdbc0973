using Distributed.Protocol;

namespace Distributed.Simulation.Ledger;

/// <summary>Identifies a recovery point: its epoch, its step, and the number of ranks, each of which has a part.</summary>
internal readonly record struct LedgerPointId(long Epoch, long Step, int World)
{
    public static LedgerPointId Of(Recover recover) => new(recover.Epoch, recover.Step, recover.World);
}
