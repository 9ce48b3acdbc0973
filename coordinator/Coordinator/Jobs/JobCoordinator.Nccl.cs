using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// The rendezvous of the ranks of an epoch that exchange over NCCL.
public sealed partial class JobCoordinator
{
    // Forwards the id of rank 0 to the other ranks. An id of another epoch has been refused before; ranks that have ended do not need it.
    private void ForwardNcclId(Member member, WorkerEvent message)
    {
        if (member.Rank != 0)
        {
            Refuse(message, "only rank 0 creates the NCCL id");
            return;
        }

        foreach (var other in Ranked.Where(each => each != member && !each.IsEnded).ToList())
            other.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), NcclId = message.NcclId });
    }
}
