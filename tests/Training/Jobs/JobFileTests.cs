using Distributed.Models.Configuration;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class JobFileTests
{
    [Fact]
    public void Job_ThreeMistakes_ListsAllThreeWithKeyValueAllowedAndNearest()
    {
        var text = JobText.Small
            .Replace("hidden_size: 32", "hiden_size: 32", StringComparison.Ordinal)
            .Replace("steps: 10", "steps: -10", StringComparison.Ordinal)
            .Replace("workers: 4", "workers: many", StringComparison.Ordinal);

        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(text, "small.yaml"));

        Assert.Equal(["model.hiden_size", "training.steps", "parallel.workers"], error.Problems.Select(problem => problem.Key));
        Assert.Equal("model.hidden_size", error.Problems[0].Nearest);
        Assert.Contains("\"many\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("training.steps = -10: allowed: a whole number from 1 to 2147483647", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("small.yaml: 3 mistakes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: &x [*x]")]
    [InlineData("a: &x {b: *x}")]
    [InlineData("a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]")]
    public void Job_LevelsWithoutEnd_AreAMistakeAndNoCrash(string text)
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(text, "deep.yaml"));

        Assert.Contains("levels", Assert.Single(error.Problems).Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_BaseFileWithAKeyTwice_IsAMistake()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "config.json");
        File.WriteAllText(path, """{"hidden_size": 32, "hidden_size": 64}""");

        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(JobText.Small, "small.yaml", $"model.config={path}"));

        var problem = Assert.Single(error.Problems);
        Assert.Equal("model.config", problem.Key);
        Assert.Contains("hidden_size", problem.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_Mistake_NamesItsLine()
    {
        var text = JobText.Small.Replace("steps: 10", "steps: x", StringComparison.Ordinal);

        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(text, "small.yaml"));

        Assert.Contains($"(line {JobText.LineOf("steps")})", Assert.Single(error.Problems).Allowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("parallel.workers=9", "parallel.workers", "n_routed_experts = 8")]
    [InlineData("training.accumulation=4", "training.global_batch", "= 16")]
    [InlineData("training.warmup_steps=11", "training.warmup_steps", "training.steps = 10")]
    [InlineData("model.max_position_embeddings=63", "data.sequence_length", "max_position_embeddings = 63")]
    [InlineData("model.num_nextn_predict_layers=64", "data.sequence_length", "num_nextn_predict_layers = 64")]
    [InlineData("model.vocab_size=300", "model.vocab_size", "data.vocabulary = 512")]
    [InlineData("training.betas=[0.9, 1.0]", "training.betas", "below 1")]
    [InlineData("training.betas=0.9", "training.betas", "a list of 2 numbers")]
    [InlineData("training.recompute=everything", "training.recompute", "layers")]
    [InlineData("kernels=fast", "kernels", "plain")]
    [InlineData("parallel.zero=1", "parallel.zero", "true")]
    [InlineData("training.optimizer=adam", "training.optimizer", "adamw")]
    [InlineData("data.corpus=/no/such/corpus", "data.corpus", "no such file or folder")]
    [InlineData("data.tokenizer=/no/such/tokenizer.json", "data.tokenizer", "no such file")]
    [InlineData("data.corpus=[default, .]", "data.corpus", "alone")]
    [InlineData("model.model_type=llama", "model.model_type", "deepseek_v3")]
    [InlineData("model.config=/no/such/config.json", "model.config", "cannot be read")]
    [InlineData("model.config=''", "model.config", "path of a config.json")]
    [InlineData("model.config=[1]", "model.config", "path of a config.json")]
    [InlineData("model.rope_scaling={type: yarn, factor: 4, betafast: 16}", "model.rope_scaling.betafast", "no such key")]
    [InlineData("model.rope_scaling={type: yarn}", "model.rope_scaling.factor", "missing")]
    [InlineData("training.epsilon=0", "training.epsilon", "at least 1E-30")]
    [InlineData("training.muon_learning_rate=0", "training.muon_learning_rate", "at least 1E-12")]
    [InlineData("checkpoint.directory=''", "checkpoint.directory", "a folder")]
    [InlineData("data.cache=''", "data.cache", "a folder")]
    [InlineData("name=a/b", "name", "names a folder")]
    [InlineData("nme=x", "nme", "no such key")]
    [InlineData("training.steps.more=1", "--set", "is a value, not a section")]
    [InlineData("training.steps", "--set", "key=value")]
    [InlineData("training.betas=[1, 2", "--set", "not YAML")]
    public void Job_OneMistake_IsNamedWithWhatIsAllowed(string change, string key, string allowed)
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(JobText.Small, "small.yaml", change));

        var problem = Assert.Single(error.Problems);
        Assert.Equal(key, problem.Key);
        Assert.Contains(allowed, problem.Allowed + problem.Nearest, StringComparison.Ordinal);
    }

    [Fact]
    public void Overrides_LastWins_AndTakeScalarsAndLists()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml",
            "training.learning_rate=3e-4", "training.betas=[0.8, 0.9]", "training.steps=5", "training.steps=7", "data.document_boundaries=true", "checkpoint.directory=\"12\"");

        Assert.Equal(3e-4, job.Training.LearningRate);
        Assert.Equal((0.8, 0.9), (job.Training.Beta1, job.Training.Beta2));
        Assert.Equal(7, job.Training.Steps);
        Assert.True(job.Data.DocumentBoundaries);
        Assert.Equal("12", job.Checkpoint.Directory);
    }

    [Fact]
    public void Job_NotYaml_NamesTheLine()
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse("name: x\nmodel: {", "broken.yaml"));

        Assert.Contains("not YAML", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("line ", Assert.Single(error.Problems).Key, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_KeyTwice_IsRefused() =>
        Assert.Contains("not YAML", Assert.Throws<ConfigException>(() => JobFile.Parse("name: x\nname: y", "twice.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Job_MissingFile_SaysSo()
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Load("/no/such/job.yaml"));

        Assert.Contains("cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_Empty_AsksForNameAndModelType()
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse("", "empty.yaml"));

        Assert.Contains(error.Problems, problem => problem.Key == "name");
        Assert.Contains(error.Problems, problem => problem.Key == "model.model_type");
    }
}
