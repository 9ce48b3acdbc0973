using Distributed.Configuration;
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
    [InlineData("a: &x [*x]", "anchors")]
    [InlineData("a: &x {b: *x}", "anchors")]
    [InlineData("a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "levels")]
    [InlineData("name: a\n---\nname: b", "a second document")]
    public void Job_UnsupportedYaml_IsReportedAsAMistake(string text, string message)
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(text, "deep.yaml"));

        Assert.Contains(message, Assert.Single(error.Problems).Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_ConfigFileWithADuplicateKey_IsAMistake()
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
    [InlineData("training.steps=", "--set", "is empty")]
    [InlineData("training.steps= ", "--set", "is empty")]
    [InlineData("sample.prompt=a # b", "--set", "quotes around a text")]
    [InlineData("sample.prompt=&a b", "--set", "anchors")]
    [InlineData("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1", "--set", "levels")]
    [InlineData("training.steps=null", "training.steps", "a whole number from 1")]
    [InlineData("training.learning_rate=0,8", "training.learning_rate", "a number, at least 0")]
    [InlineData("training.learning_rate='1,000'", "training.learning_rate", "a number, at least 0")]
    [InlineData("training.learning_rate=' 1'", "training.learning_rate", "a number, at least 0")]
    [InlineData("training.steps=1_000", "training.steps", "a whole number from 1")]
    [InlineData("training.steps=1e10", "training.steps", "a whole number from 1")]
    [InlineData("training.clip=1e999", "training.clip", "a number, at least 0")]
    [InlineData("training=null", "training", "a section")]
    [InlineData("parallel.workers=null", "parallel.workers", "a whole number from 1")]
    [InlineData("model.vocab_size=null", "model.vocab_size", "a whole number from 1")]
    [InlineData("model.config=null", "model.config", "or leave it out")]
    [InlineData("sample.prompt=null", "sample.prompt", "a string")]
    [InlineData("data.corpus=null", "data.corpus", "a string or a list of strings")]
    [InlineData("data.corpus=[a, null]", "data.corpus", "a string or a list of strings")]
    [InlineData("model.rope_scaling={factor: 4}", "model.rope_scaling.rope_type", "missing")]
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
        var job = JobFile.Parse(
            JobText.Small, "small.yaml",
            "training.learning_rate=3e-4", "training.betas=[0.8, 0.9]", "training.steps=5", "training.steps=7",
            "data.document_boundaries=true", "checkpoint.directory=\"12\"");

        Assert.Equal(3e-4, job.Training.LearningRate);
        Assert.Equal((0.8, 0.9), (job.Training.Beta1, job.Training.Beta2));
        Assert.Equal(7, job.Training.Steps);
        Assert.True(job.Data.DocumentBoundaries);
        Assert.Equal("12", job.Checkpoint.Directory);
    }

    [Theory]
    [InlineData("name=1e3", "1e3")]
    [InlineData("name=007", "007")]
    [InlineData("name=12.50", "12.50")]
    [InlineData("name=True", "True")]
    public void Overrides_ATextThatLooksLikeANumber_IsKeptAsWritten(string change, string name) =>
        Assert.Equal(name, JobFile.Parse(JobText.Small, "small.yaml", change).Name);

    [Fact]
    public void Job_NullForAnOptionalKey_GivesItsDefault()
    {
        var job = JobFile.Parse(
            JobText.Small, "small.yaml",
            "data.tokenizer=null", "data.evaluation=null", "data.cache=~", "parallel.replicas=null", "parallel.threads_per_worker=null",
            "parallel.link_latency_us=null", "parallel.link_gb_s=null", "checkpoint.directory=null");

        Assert.Equal(JobFile.Parse(JobText.Small, "small.yaml").ToJson().ToJsonString(), job.ToJson().ToJsonString());
    }

    [Fact]
    public void Mistakes_OfOverrides_AreAttributedToSetAndItsKeyAndNotToTheFile()
    {
        var own = Mistake(JobText.Small, "training.steps=x");
        Assert.StartsWith("--set: 1 mistake\n  --set training.steps = \"x\": allowed: a whole number", own, StringComparison.Ordinal);
        var empty = Mistake(JobText.Small, "training.steps=");
        Assert.StartsWith("--set: 1 mistake\n  --set training.steps=: the value is empty", empty, StringComparison.Ordinal);
        var nested = Mistake(JobText.Small, "model.rope_scaling={type: yarn}");
        Assert.StartsWith("--set: 1 mistake\n  --set model.rope_scaling.factor: missing", nested, StringComparison.Ordinal);

        // The override makes a valid key of the file invalid.
        var other = Mistake(JobText.Small, "training.accumulation=4");
        Assert.StartsWith("--set: 1 mistake\n  training.global_batch = 12: ", other, StringComparison.Ordinal);
        Assert.EndsWith("; caused by --set training.accumulation=4", other, StringComparison.Ordinal);

        // With mistakes of both, each is attributed to its source.
        var both = Mistake(JobText.Small.Replace("hidden_size: 32", "hidden_size: x", StringComparison.Ordinal), "training.steps=x");
        var line = JobText.LineOf("hidden_size");
        Assert.StartsWith("small.yaml: 2 mistakes\n", both, StringComparison.Ordinal);
        Assert.Contains(
            $"  model.hidden_size = \"x\": allowed: a whole number from 1 to 1048576 (line {line})\n", both, StringComparison.Ordinal);
        Assert.Contains("  --set training.steps = \"x\"", both, StringComparison.Ordinal);

        static string Mistake(string text, string change) =>
            Assert.Throws<ConfigException>(() => JobFile.Parse(text, "small.yaml", change)).Message;
    }

    [Fact]
    public void Job_ThousandsOfMistakes_AreCountedAndTheFirstListed()
    {
        var text = JobText.Small + "\n" + string.Join('\n', Enumerable.Range(0, 3000).Select(number => $"key{number}: 1"));

        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(text, "many.yaml"));

        Assert.Equal(3000, error.Problems.Count);
        Assert.InRange(error.Message.Split('\n').Length, 50, 52);
        Assert.EndsWith("and 2950 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_EndlessDeviceFile_IsRefused() => Assert.Contains(
        "'/dev/zero' is a device", Assert.Throws<ConfigException>(() => JobFile.Load("/dev/zero")).Message, StringComparison.Ordinal);

    [Fact]
    public void Job_NotYaml_NamesTheLine()
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse("name: x\nmodel: {", "broken.yaml"));

        Assert.Contains("not YAML", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("line ", Assert.Single(error.Problems).Key, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_DuplicateKey_IsRefused() => Assert.Contains(
        "unsupported YAML",
        Assert.Throws<ConfigException>(() => JobFile.Parse("name: x\nname: y", "twice.yaml")).Message,
        StringComparison.Ordinal);

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
