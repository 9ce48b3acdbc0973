using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// What the ranks of an epoch that exchange over NCCL find each other by.
public sealed partial class JobCoordinator
{
    // Of this epoch: of another one it has been refused. Those that connect no more have no use for it.
    private void PassOn(Member member, WorkerEvent message)
    {
        if (member.Rank != 0)
        {
            Refuse(message, "rank 0 makes the id");
            return;
        }

        foreach (var other in Ranked.Where(each => each != member && !each.Ended).ToList())
            other.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), NcclId = message.NcclId });
    }
}
