using Distributed.Protocol;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests the orders that carry faults to a worker.</summary>
public sealed class FaultOrdersTests
{
    [Fact]
    public void For_AWorker_AreItsFaultsAfterTheCommittedSteps()
    {
        var plan = FaultPlan.Parse(
            "kill:a@step=3;stop:a@step=4,seconds=2;kill:b@step=9;disk-full:a@step=5;kill:a@time=7;coordinator-kill@step=8");

        var orders = FaultOrders.For(plan, "a", committed: 3).ToArray();

        Assert.Equal(FaultPlan.Parse("stop:a@step=4,seconds=2;disk-full:a@step=5").Faults,
            orders.Select(order => FaultOrders.Read(order, "a")!));
        Assert.Empty(FaultOrders.For(plan, "a", committed: 5));
        Assert.Empty(FaultOrders.For(null, "a", committed: 0));
    }

    [Fact]
    public void For_AFaultAtATime_IsInEveryAssignmentAndReadsBack()
    {
        var plan = FaultPlan.Parse("partition:a@time=7.5,seconds=2;stop:a@time=8,seconds=2");

        var order = Assert.Single(FaultOrders.For(plan, "a", committed: 100));

        Assert.Equal(plan.Faults[0], FaultOrders.Read(order, "a"));
        Assert.Equal(order, FaultOrders.Now(plan.Faults[0]).Fault);
    }

    [Theory]
    [InlineData("burn", 3)]
    [InlineData("kill", 0)]
    public void Read_AnUnknownFault_IsNull(string kind, long step) =>
        Assert.Null(FaultOrders.Read(new FaultOrder { Kind = kind, Step = step }, "a"));
}
