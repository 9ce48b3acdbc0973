using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Reports;

public sealed class EvaluationJsonTests
{
    [Fact]
    public void Of_AnEvaluation_HasItsFiguresAndPerplexity() => Assert.Equal(
        """
        {"loss":0,"perplexity":1,"bits_per_byte":1.5,"gzip_bits_per_byte":2.5,"max_vio":0.5,"mean_max_vio":0.25,"tokens":640,"seconds":3}
        """.Trim(),
        JsonFormat.Text(EvaluationJson.Of(new HeldOutScored
        {
            Loss = 0, BitsPerByte = 1.5, GzipBitsPerByte = 2.5, MaxVio = 0.5, MeanMaxVio = 0.25, Tokens = 640, Seconds = 3,
        })));

    [Fact]
    public void Of_ALossThatIsNotFinite_IsNull()
    {
        var json = EvaluationJson.Of(new HeldOutScored { Loss = double.NaN });
        Assert.Null(json["loss"]);
        Assert.Null(json["perplexity"]);
    }

    [Fact]
    public void Of_AnOmittedEvaluation_HasBothNumbersOfTokens() => Assert.Equal(
        """{"tokens_found":5,"tokens_needed":33}""",
        JsonFormat.Text(EvaluationJson.Of(new EvaluationOmitted { TokensFound = 5, TokensNeeded = 33 })));
}
