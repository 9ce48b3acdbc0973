using Distributed.Models;
using Distributed.Rollouts.Generation;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Tests.Generation;

public sealed class CachedForwardTests
{
    public static TheoryData<ScalarType, bool, bool, bool, bool> Networks()
    {
        var all = new TheoryData<ScalarType, bool, bool, bool, bool>();
        bool[] both = [false, true];
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float32 })
            foreach (var yarn in both)
                foreach (var compressedQueries in both)
                    foreach (var denseFirst in both)
                        foreach (var groups in both)
                            all.Add(type, yarn, compressedQueries, denseFirst, groups);
        return all;
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Read_TokenByToken_EqualsTheUncachedForward(
        ScalarType type, bool yarn, bool compressedQueries, bool denseFirst, bool groups) =>
        AssertTokenByToken(type, TinyModel.Config(yarn, compressedQueries, denseFirst, groups));

    [Theory]
    [InlineData(ScalarType.Float64, true)]
    [InlineData(ScalarType.Float64, false)]
    [InlineData(ScalarType.Float32, true)]
    public void Read_GroupedQueryAttentionTokenByToken_EqualsTheUncachedForward(ScalarType type, bool norm) =>
        AssertTokenByToken(type, TinyModel.GroupedQueryConfig(norm));

    private static void AssertTokenByToken(ScalarType type, DecoderConfig config)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(type, config);
        var tokens = TinyModel.Rows(TinyModel.Prompt(30), TinyModel.Prompt(30, salt: 1));
        var expected = TinyModel.Uncached(model, tokens); // [B, S, V]
        using var forward = new CachedForward(model);

        AssertClose(model, forward.Read(tokens.narrow(1, 0, 12)), expected.select(1, 11), "prompt");
        for (var at = 12; at < 30; at++)
            AssertClose(model, forward.Read(tokens.narrow(1, at, 1)), expected.select(1, at), $"position {at}");

        Assert.Equal(30, forward.Length);
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1)]
    [InlineData(ScalarType.Float64, 7)]
    [InlineData(ScalarType.Float64, 10)]
    [InlineData(ScalarType.Float32, 7)]
    public void Prefill_InPieces_EqualsTheWholePrompt(ScalarType type, int piece)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(type, TinyModel.Config(yarn: true, groups: true));
        var tokens = TinyModel.Rows(TinyModel.Prompt(20), TinyModel.Prompt(20, salt: 2));
        var next = TinyModel.Rows([5], [6]);
        using var whole = new CachedForward(model);
        using var pieces = new CachedForward(model);

        var cancellation = TestContext.Current.CancellationToken;
        AssertClose(model, pieces.Prefill(tokens, piece, cancellation), whole.Prefill(tokens, 20, cancellation), "after the prompt");
        AssertClose(model, pieces.Read(next), whole.Read(next), "a token later");

        Assert.Equal(21, pieces.Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Keep_SomeSequences_ContinuesWithThem(bool groupedQuery)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(config: groupedQuery ? TinyModel.GroupedQueryConfig() : null);
        int[][] rows = [TinyModel.Prompt(9), TinyModel.Prompt(9, 1), TinyModel.Prompt(9, 2), TinyModel.Prompt(9, 3)];
        using var forward = new CachedForward(model);
        forward.Read(TinyModel.Rows(rows).narrow(1, 0, 7));

        forward.Keep([3, 1]);
        forward.Read(TinyModel.Rows(rows[3][7..8], rows[1][7..8]));
        var found = forward.Read(TinyModel.Rows(rows[3][8..], rows[1][8..]));

        Assert.Equal(2, forward.Sequences);
        AssertClose(model, found, TinyModel.Uncached(model, TinyModel.Rows(rows[3], rows[1])).select(1, 8), "after leaving two sequences");
    }

    [Fact]
    public void Read_BFloat16_GivesLogitsInFloat32CloseToFloat64()
    {
        using var scope = NewDisposeScope();
        using var narrow = TinyModel.Create(ScalarType.BFloat16);
        using var wide = TinyModel.Create(ScalarType.Float64);
        var tokens = TinyModel.Rows(TinyModel.Prompt(2));
        using var forward = new CachedForward(narrow);

        var logits = forward.Read(tokens);

        Assert.Equal(ScalarType.Float32, logits.dtype);
        Assert.InRange(TinyModel.Distance(logits, TinyModel.Uncached(wide, tokens).select(1, 1)), 0, 0.1);
    }

    [Fact]
    public void Read_BeyondTheContext_NamesTheLengths()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(config: TinyModel.Config(context: 8));
        using var forward = new CachedForward(model);
        forward.Read(TinyModel.Rows(TinyModel.Prompt(6)));

        var thrown = Assert.Throws<GenerationException>(() => forward.Read(TinyModel.Rows(TinyModel.Prompt(3))));

        Assert.Contains("3 tokens after the 6 already read make 9; the network's context is max_position_embeddings = 8", thrown.Message);
    }

    [Fact]
    public void Read_AnotherNumberOfSequences_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create();
        using var forward = new CachedForward(model);
        forward.Read(TinyModel.Rows(TinyModel.Prompt(3)));

        Assert.Throws<ArgumentException>(() => forward.Read(TinyModel.Rows([1], [2])));
        Assert.Throws<ArgumentException>(() => forward.Keep([1]));
        Assert.Throws<ArgumentException>(() => forward.Keep([]));
    }

    private static void AssertClose(Decoder model, Tensor found, Tensor expected, string where)
    {
        var distance = TinyModel.Distance(found, expected);
        Assert.True(distance <= TinyModel.Tolerance(model.Parameters.Compute), $"{where}: logits differ by {distance:e2} of the largest.");
    }
}
