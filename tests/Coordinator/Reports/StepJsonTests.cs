using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Reports;

public sealed class StepJsonTests
{
    private static readonly StepCommitted Figures = new()
    {
        Loss = 2.5, MtpLosses = { 3, double.NaN }, BalanceLoss = 1, GradientNorm = 0.5, LearningRate = 0.125, Tokens = 512, MaxVio = 0.25,
        Seconds = 2, ExchangeSeconds = 0.5,
    };

    [Fact]
    public void Of_ACommittedStep_HasItsFiguresAndProgress() => Assert.Equal(
        """{"step":3,"steps":10,"loss":2.5,"mtp_losses":[3,null],"balance_loss":1,"gradient_norm":0.5,"learning_rate":0.125,"""
        + """
        "tokens":512,"max_vio":0.25,"seconds":2,"tokens_per_second":256,"exchange_share":0.25,"seconds_left":14}
        """.Trim(),
        JsonFormat.Text(StepJson.Of(new StepLine(3, 10, Figures, 14))));

    [Fact]
    public void Of_StoredMetricsOfOneStep_HasTheirValues() => Assert.Equal(
        """{"step":3,"loss":2.5,"balance_loss":1,"gradient_norm":0.5,"learning_rate":0.125,"tokens":512,"tokens_per_second":256,"""
        + """
        "max_vio":0.25,"seconds":2,"exchange_seconds":0.5,"mtp_loss":null}
        """.Trim(),
        JsonFormat.Text(StepJson.Of(MetricPoint.Of(3, StepMetrics.Of(Figures)), single: true)));

    [Fact]
    public void Of_StoredMetricsOfSeveralSteps_HasTheirSummary()
    {
        double[] Values(double loss) => [loss, .. Enumerable.Repeat(1.0, StepMetrics.Names.Count - 1)];
        var json = StepJson.Of(MetricPoint.Over([MetricPoint.Of(3, Values(2)), MetricPoint.Of(4, Values(4))]), single: false);
        Assert.Equal(["first_step", "last_step", "steps", .. StepMetrics.Names], json.Select(field => field.Key));
        Assert.Equal("""{"mean":3,"min":2,"max":4}""", JsonFormat.Text(json["loss"]!));
    }
}
