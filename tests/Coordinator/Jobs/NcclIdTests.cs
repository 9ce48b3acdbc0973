using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Google.Protobuf;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests how the ranks of an epoch receive the NCCL id of rank 0.</summary>
public sealed class NcclIdTests
{
    private static readonly WorkerEvent Id = new() { NcclId = new NcclId { Id = ByteString.CopyFromUtf8("id") } };

    [Fact]
    public async Task Id_OfRank0_IsForwardedToAllOtherRanks()
    {
        var scene = await Scene.Running(workers: 3);

        scene.Workers[0].Send(Id.Clone());
        foreach (var worker in scene.Workers.Skip(1))
        {
            var command = await worker.Command();
            Assert.Equal((1L, "id"), (command.Identity.Epoch, command.NcclId.Id.ToStringUtf8()));
        }

        scene.Coordinator.RequestStop(save: false, "enough");
        Assert.Equal(WorkerCommand.CommandOneofCase.Stop, (await scene.Workers[0].Command()).CommandCase);
    }

    [Theory]
    [InlineData(1, 1)] // not rank 0
    [InlineData(0, 7)] // of another epoch
    public async Task Id_OfAnotherRankOrEpoch_IsRefused(int rank, long epoch)
    {
        var scene = await Scene.Running(workers: 2);

        scene.Workers[rank].Send(Id.Clone(), epoch: epoch);
        scene.Workers[rank].Step(1);
        await scene.Notices.Next<RankReported>(report => report.Event.EventCase == WorkerEvent.EventOneofCase.Step);
        scene.Coordinator.RequestStop(save: false, "enough");

        foreach (var worker in scene.Workers) Assert.Equal(WorkerCommand.CommandOneofCase.Stop, (await worker.Command()).CommandCase);
    }
}
