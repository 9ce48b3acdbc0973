using System.Collections.Immutable;
using Distributed.Models;
using Distributed.Rollouts.Generation;
using Distributed.Rollouts.Sampling;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Tests.Generation;

public sealed class TextGeneratorTests
{
    private static readonly SamplingOptions Greedy = new() { Temperature = 0, MaxTokens = 20 };
    private static readonly SamplingOptions Drawn = new() { Temperature = 0.9, TopP = 0.95, MaxTokens = 20, Seed = 3 };

    [Theory]
    [MemberData(nameof(CachedForwardTests.Networks), MemberType = typeof(CachedForwardTests))]
    public void Generate_Greedy_EqualsTheUncachedForward(ScalarType type, bool yarn, bool compressedQueries, bool denseFirst, bool groups)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(type, TinyModel.Config(yarn, compressedQueries, denseFirst, groups));
        var prompt = TinyModel.Prompt(9);

        var found = new TextGenerator(model).Run(prompt, Greedy);

        var whole = TinyModel.Rows([.. prompt, .. found.Tokens]);
        var predicted = TinyModel.Uncached(model, whole);                              // [1, S, V]
        var likeliest = predicted.argmax(-1)[0].narrow(0, prompt.Length - 1, Greedy.MaxTokens);
        Assert.Equal(likeliest.data<long>().ToArray(), found.Tokens.Select(token => (long)token));
        var logProbabilities = predicted.to(ScalarType.Float64).log_softmax(-1);
        for (var n = 0; n < Greedy.MaxTokens; n++)
        {
            var expected = logProbabilities[0, prompt.Length - 1 + n, found.Generated[n].Token].item<double>();
            Assert.Equal(expected, found.Generated[n].ModelLogProbability, type == ScalarType.Float64 ? 1e-9 : 1e-3);
        }
    }

    [Fact]
    public void Generate_SameSeed_Repeats_AndAnotherSeedOrSequenceDiffers()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model);
        var prompt = TinyModel.Prompt(5);

        var first = generator.Run(prompt, Drawn);

        Assert.Equal(first.Generated, generator.Run(prompt, Drawn).Generated);
        Assert.NotEqual(first.Generated, generator.Run(prompt, Drawn with { Seed = 4 }).Generated);
        Assert.NotEqual(first.Generated, generator.Run([new GenerationRequest(prompt, 1)], Drawn)[0].Generated);
    }

    [Fact]
    public void Generate_OneSequencePerBatch_DoesNotDependOnOtherRequestsInAnyBit()
    {
        using var model = TinyModel.Create(ScalarType.Float32);
        var generator = new TextGenerator(model, new BatchLimits { Sequences = 1 });

        var together = generator.Run(Requests, Drawn);

        for (var n = 0; n < Requests.Length; n++) Assert.Equal(generator.Run([Requests[n]], Drawn)[0].Generated, together[n].Generated);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(2)]
    public void Generate_InABatch_DrawsTheSameTokensAsAlone(int sequences)
    {
        using var model = TinyModel.Create();
        var alone = new TextGenerator(model, new BatchLimits { Sequences = 1 });

        var together = new TextGenerator(model, new BatchLimits { Sequences = sequences }).Run(Requests,
            Drawn with { StopTokens = [7, 12] });

        Assert.Contains(together, sequence => sequence.Stop == StopReason.StopToken); // the batches shrink during generation
        for (var n = 0; n < Requests.Length; n++)
        {
            var expected = alone.Run([Requests[n]], Drawn with { StopTokens = [7, 12] })[0];
            Assert.Equal(Requests[n], together[n].Request);
            Assert.Equal(expected.Stop, together[n].Stop);
            Assert.Equal(expected.Tokens, together[n].Tokens);
            Assert.All(expected.Generated.Zip(together[n].Generated), pair =>
            {
                Assert.Equal(pair.First.LogProbability, pair.Second.LogProbability, 1e-9);
                Assert.Equal(pair.First.ModelLogProbability, pair.Second.ModelLogProbability, 1e-9);
            });
        }
    }

    [Fact]
    public void Generate_FromItsOwnFirstTokens_ContinuesIdentically()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model, new BatchLimits { PrefillTokens = 4 });
        var prompt = TinyModel.Prompt(5);
        var whole = generator.Run(prompt, Drawn).Tokens.ToArray();

        var rest = generator.Run([.. prompt, .. whole[..8]], Drawn with { MaxTokens = 12 });

        Assert.Equal(whole[8..], rest.Tokens);
    }

    [Fact]
    public void Generate_StopToken_EndsWithIt()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model);
        var free = generator.Run(TinyModel.Prompt(6), Greedy).Tokens.ToArray();
        var stop = free[4];

        var stopped = generator.Run(TinyModel.Prompt(6), Greedy with { StopTokens = [stop] });

        Assert.Equal(StopReason.StopToken, stopped.Stop);
        Assert.Equal(free[..(Array.IndexOf(free, stop) + 1)], stopped.Tokens);
    }

    [Fact]
    public void Generate_UpToTheContext_FillsIt()
    {
        using var model = TinyModel.Create(config: TinyModel.Config(context: 16));
        var generator = new TextGenerator(model);

        var found = generator.Run(TinyModel.Prompt(10), Greedy);
        var longest = generator.Run(TinyModel.Prompt(15), Greedy);

        Assert.Equal((StopReason.ContextFull, 6), (found.Stop, found.Generated.Length));
        Assert.Equal((StopReason.ContextFull, 1), (longest.Stop, longest.Generated.Length));
        Assert.Equal(StopReason.MaxTokens, generator.Run(TinyModel.Prompt(10), Greedy with { MaxTokens = 6 }).Stop);
    }

    [Fact]
    public void Generate_WithACallback_ReportsEveryTokenInOrder()
    {
        using var model = TinyModel.Create();
        var reported = new List<GeneratedToken>();

        var found = new TextGenerator(model).Run(Requests, Drawn with { StopTokens = [7, 12] }, reported.Add);

        for (var n = 0; n < Requests.Length; n++)
        {
            var mine = reported.Where(token => token.Request == n).ToArray();
            Assert.Equal(found[n].Generated, mine.Select(token => token.Sampled).ToImmutableArray());
            Assert.Equal(Enumerable.Range(Requests[n].Prompt.Count, mine.Length), mine.Select(token => token.Position));
            Assert.All(mine[..^1], token => Assert.Null(token.Stop));
            Assert.Equal(found[n].Stop, mine[^1].Stop);
        }
    }

    [Fact]
    public void Generate_Cancelled_EndsBeforeTheNextToken()
    {
        using var model = TinyModel.Create();
        using var cancellation = new CancellationTokenSource();
        var reported = 0;

        Assert.Throws<OperationCanceledException>(() => new TextGenerator(model).Generate(
            TinyModel.Prompt(4), Greedy, _ => { if (++reported == 3) cancellation.Cancel(); }, cancellation.Token));

        Assert.Equal(3, reported);
    }

    [Fact]
    public void Generate_UnusablePrompts_AreListedBeforeAnythingIsGenerated()
    {
        using var model = TinyModel.Create(config: TinyModel.Config(context: 16));
        GenerationRequest[] requests = [new([], 0), new(TinyModel.Prompt(3), 1), new(TinyModel.Prompt(16), 2),
            new([1, TinyModel.Vocabulary, -1], 3)];

        var thrown = Assert.Throws<GenerationException>(
            () => new TextGenerator(model).Run(requests, Greedy, _ => Assert.Fail("A token was generated.")));

        Assert.Contains("Prompt 0 is empty", thrown.Message);
        Assert.Contains("Prompt 2 has 16 tokens; the network's context is max_position_embeddings = 16", thrown.Message);
        Assert.Contains("Shorten the prompt to 15 tokens", thrown.Message);
        Assert.Contains(
            $"Prompt 3 has token {TinyModel.Vocabulary} at position 1; the network's tokens are 0 to {TinyModel.Vocabulary - 1}",
            thrown.Message);
        Assert.DoesNotContain("Prompt 1", thrown.Message);
    }

    [Fact]
    public void Generate_StopTokenOutsideOfTheVocabulary_IsRefused()
    {
        using var model = TinyModel.Create();

        var thrown = Assert.Throws<GenerationException>(
            () => new TextGenerator(model).Run(TinyModel.Prompt(3), Greedy with { StopTokens = [TinyModel.Vocabulary] }));

        Assert.Contains($"StopTokens has {TinyModel.Vocabulary}", thrown.Message);
    }

    [Fact]
    public void Generate_BrokenWeights_NamesSequenceAndPosition()
    {
        using var model = TinyModel.Create();
        using (no_grad()) model.OutputHead.Value.fill_(double.NaN);

        var thrown = Assert.Throws<GenerationException>(
            () => new TextGenerator(model).Run([new GenerationRequest(TinyModel.Prompt(3), 9)], Greedy));

        Assert.Contains("Sequence 9, position 3", thrown.Message);
    }

    [Fact]
    public void Constructor_ExpertsOnOtherRanks_NamesTheLayers()
    {
        using var model = new Decoder(TinyModel.Config(), ScalarType.Float32, _ => [0, 1, 2]);

        var thrown = Assert.Throws<GenerationException>(() => new TextGenerator(model));

        Assert.Contains("model.layers.1 has 3 of 8 experts here", thrown.Message);
        Assert.DoesNotContain("model.layers.0", thrown.Message);
    }

    [Fact]
    public void Constructor_LimitsOutOfRange_ListsThem()
    {
        using var model = TinyModel.Create();

        var thrown = Assert.Throws<GenerationException>(
            () => new TextGenerator(model, new BatchLimits { Sequences = 0, PrefillTokens = -1 }));

        Assert.Contains("Sequences is 0", thrown.Message);
        Assert.Contains("PrefillTokens is -1", thrown.Message);
    }

    private static GenerationRequest[] Requests => field ??=
        [.. Enumerable.Range(0, 9).Select(n => new GenerationRequest(TinyModel.Prompt(n % 3 == 2 ? 7 : 4, salt: n), 100 + n))];
}
