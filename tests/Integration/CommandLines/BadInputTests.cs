using System.Text;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>Invalid input ends a command with status 2, one message and no stack trace, before anything starts.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Train_JobWithThreeMistakes_ListsAllThree()
    {
        var call = await Train("--set", "training.steps=none", "--set", "model.hiden_size=3", "--set", "parallel.workers=9", "--set",
            "training.global_batch=9");

        AssertRefused(call, "3 mistakes", "training.steps = \"none\"", "did you mean model.hidden_size?",
            "at most model.n_routed_experts = 8");
        Assert.False(Directory.Exists(_workspace.Run));
    }

    [Fact]
    public async Task Train_NoSuchJobFile_ReportsIt() =>
        AssertRefused(await Invocation.Of("train", _workspace.At("none.yaml")), "none.yaml", "cannot be read");

    [Fact]
    public async Task Train_NoSuchCorpus_NamesIt() =>
        AssertRefused(await Train("--set", "data.corpus=/no/such/corpus"), "data.corpus", "/no/such/corpus");

    [Fact]
    public async Task Train_EmptyCorpus_NamesIt()
    {
        var empty = _workspace.At("empty.txt");
        File.WriteAllText(empty, "");

        AssertRefused(await Train("--set", $"data.corpus={empty}"), "empty.txt");
    }

    [Fact]
    public async Task Train_CorpusThatIsNotUtf8_NamesTheFile()
    {
        var latin = _workspace.At("latin.txt");
        File.WriteAllBytes(latin, Encoding.Latin1.GetBytes("a caf\u00e9 by the sea"));

        AssertRefused(await Train("--set", $"data.corpus={latin}"), "latin.txt", "UTF-8");
    }

    [Fact]
    public async Task Train_SamplePromptLongerThanTheContext_IsRefusedBeforeTheFirstStep()
    {
        AssertRefused(await Train("--set", $"sample.prompt={string.Join(' ', Enumerable.Repeat("Q7", 200))}"), "sample.prompt has",
            "model.max_position_embeddings = 128");
        Assert.False(Directory.Exists(_workspace.Run));
    }

    [Fact]
    public async Task Job_DeepOrExpanding_IsRefusedByEveryVerbThatReadsOne()
    {
        var (deep, plan) = (_workspace.At("deep.yaml"), _workspace.At("plan.yaml"));
        File.WriteAllText(deep, "x: " + new string('[', 40_000));
        File.WriteAllText(plan, "- &a [x]\n- *a\n");

        AssertRefused(await Invocation.Of("train", deep), "deep.yaml: 1 mistake", "line 1", "more than 16 levels");
        AssertRefused(await Invocation.Of("inspect", deep), "more than 16 levels");
        AssertRefused(await Invocation.Of("data", "prepare", deep), "more than 16 levels");
        AssertRefused(await Train("--set", "data.corpus=" + new string('[', 5_000)), "--set data.corpus=[[[", "more than 16 levels");
        AssertRefused(await Train("--isolation", "process", "--fault-plan", plan), "plan.yaml, line 1: ", "anchors");
        AssertRefused(await Invocation.Of("simulate", "--fault-plan", deep), "deep.yaml, line 1: ", "more than 16 levels");
        AssertRefused(await Invocation.Of("train", "/dev/zero"), "'/dev/zero' is a device");
        AssertRefused(await Invocation.Of("submit", "/dev/zero"), "'/dev/zero' is a device");
    }

    [Fact]
    public async Task Words_ThatBeginWithAnAtSign_AreNotReadAsFiles()
    {
        var words = _workspace.At("words");
        File.WriteAllText(words, "--help");

        AssertRefused(await Invocation.Of("generate", "--checkpoint", $"@{words}", "--prompt", "x"), $"@{words}");
        AssertRefused(await Invocation.Of("train", $"@{words}"), $"@{words}", "cannot be read");
    }

    [Fact]
    public async Task Set_ThatIsInvalid_NamesSetInsteadOfTheDefaultJobFile()
    {
        var call = await Invocation.Of("train", "--set", "training.accumulation=9999", "--set", "training.steps=", "--set",
            "training.clip=null");

        AssertRefused(
            call, "--set: 3 mistakes", "--set training.steps=: the value is empty", "--set training.clip = null: ",
            "; caused by --set training.accumulation=9999");
        Assert.DoesNotContain("tiny.yaml", call.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data.cache")]
    [InlineData("checkpoint.directory")]
    public async Task Path_WithANameThatIsTooLong_IsRefusedByItsKey(string key)
    {
        var call = await Invocation.Of("train", _workspace.Job, "--set", $"{key}={_workspace.At(new string('\u044F', 150))}");

        AssertRefused(call, $"--set {key} = ", "has 300 bytes between two separators; allowed: at most 223");
        Assert.False(Directory.Exists(_workspace.Run));
    }

    [Fact]
    public async Task Set_OfThreadsThatNoMachineHas_IsRefused() =>
        AssertRefused(await Train("--set", "parallel.threads_per_worker=100000"),
            "parallel.threads_per_worker = 100000: allowed: ", "1024");

    [Theory]
    [InlineData("\"hidden_size\": null", "hidden_size = null")]
    [InlineData("\"rope_scaling\": { \"factor\": 4 }", "rope_scaling.rope_type: missing")]
    [InlineData(
        "\"rope_scaling\": { \"type\": \"yarn\", \"rope_type\": \"default\", \"factor\": 4 }",
        "rope_scaling.rope_type = \"default\": contradicts type = yarn")]
    [InlineData(
        "\"rope_theta\": 10000, \"rope_parameters\": { \"rope_theta\": 5000 }",
        "rope_parameters.rope_theta = 5000: contradicts rope_theta = 10000")]
    [InlineData("\"hiden_size\": 64", "hiden_size = 64: no such key; did you mean")]
    [InlineData("\"attention_dropout\": 0.5", "attention_dropout = 0.5")]
    public async Task Config_ThatInspectRefuses_TrainRefusesWithTheSameMessage(string key, string message)
    {
        var config = _workspace.At("config.json");
        File.WriteAllText(config, $"{{ \"model_type\": \"deepseek_v3\", {key} }}");

        AssertRefused(await Invocation.Of("inspect", config), $"  {message}");
        AssertRefused(await Invocation.Of("train", "--set", $"model={{config: '{config}'}}"), $"model.{message}");
    }

    [Fact]
    public async Task Inspect_ConfigWithAKeyTwice_IsRefused()
    {
        var config = _workspace.At("config.json");
        File.WriteAllText(config, """{"model_type": "deepseek_v3", "hidden_size": 3, "hidden_size": 4}""");

        AssertRefused(await Invocation.Of("inspect", config), "hidden_size");
    }

    [Theory]
    [InlineData("--checkpoint", "generate", "--prompt", "x", "--checkpoint", "")]
    [InlineData("--resume", "train", "--resume", "")]
    [InlineData("--output", "tokenizer", "train", "--output", "")]
    public async Task Path_ThatIsEmpty_IsRefused(string option, params string[] args) =>
        AssertRefused(await Invocation.Of(args), $"{option} is empty");

    [Fact]
    public async Task File_ThatIsAFolder_IsRefusedAsAFolder()
    {
        AssertRefused(await Invocation.Of("train", _workspace.At("corpus")), "it is a folder; name a file");
        AssertRefused(await Invocation.Of("submit", _workspace.At("corpus")), $"{_workspace.At("corpus")}: cannot be read: it is a folder");
        AssertRefused(await Train("--isolation", "process", "--fault-plan", _workspace.At("corpus")),
            $"--fault-plan {_workspace.At("corpus")}: cannot be read: it is a folder");
    }

    [Fact]
    public async Task File_ThatIsAPipe_IsRefusedByNameWithoutBeingOpened()
    {
        var pipe = Pipe("pipe.json");
        var checkpoint = Directory.CreateDirectory(_workspace.At("step-00000001")).FullName;
        Pipe("step-00000001/manifest.json");

        await Refused("train", pipe);
        await Refused("train", _workspace.Job, "--set", $"data.corpus={pipe}");
        await Refused("train", _workspace.Job, "--set", $"data.evaluation={pipe}");
        await Refused("train", _workspace.Job, "--set", $"data.tokenizer={pipe}");
        await Refused("train", _workspace.Job, "--set", $"model.config={pipe}");
        await Refused("train", _workspace.Job, "--isolation", "process", "--fault-plan", pipe);
        await Refused("train", "--resume", checkpoint);
        await Refused("inspect", pipe);
        await Refused("inspect", checkpoint);
        await Refused("submit", pipe);
        await Refused("tokenizer", "train", "--corpus", pipe, "--output", _workspace.At("tokenizer"));
        await Refused("worker", "join", "--coordinator", "https://127.0.0.1:1", "--identity", _workspace.At("identity"),
            "--token-file", pipe);
        await Refused("worker", "join", "--coordinator", "https://127.0.0.1:1", "--certificate", pipe, "--key", pipe, "--ca", pipe);

        async Task Refused(params string[] args)
        {
            var call = await Task.Run(() => Invocation.Of(args)).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            AssertRefused(call, "is a pipe");
        }

        string Pipe(string name)
        {
            using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [_workspace.At(name)]);
            mkfifo.WaitForExit();
            return _workspace.At(name);
        }
    }

    [Fact]
    public async Task DataPrepare_FolderWithAnUnreadableFile_CountsAndNamesItOnce()
    {
        File.WriteAllText(Path.Combine(_workspace.At("corpus"), "c.parquet"), "x");

        var call = await Invocation.Of("data", "prepare", _workspace.Job);

        Assert.Equal(0, call.Status);
        var warning = Assert.Single(call.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => line.Contains("c.parquet", StringComparison.Ordinal));
        Assert.StartsWith(
            $"warning: data.corpus: The corpus '{_workspace.At("corpus")}' has 61 entries, of which 60 are read and 1 skipped: c.parquet "
            + "(convert it to JSON Lines", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_FileThatIsNotAJob_ShowsItsBeginning() =>
        AssertRefused(await Invocation.Of("train", Directory.EnumerateFiles(_workspace.At("corpus")).First()), "job file = \"",
            "allowed: sections such as model, data and training");

    [Fact]
    public async Task Generate_OptionsOutOfRange_AreNamedAsOnTheCommandLine() =>
        AssertRefused(await Invocation.Of("generate", "--checkpoint", _workspace.Run, "--prompt", "x", "--tokens", "0", "--top-p", "2",
            "--temperature", "-1"), "--tokens is 0;", "--top-p is 2;", "--temperature is -1;");

    [Fact]
    public async Task TokenizerTrain_OutputThatCannotBeMade_IsRefusedBeforeTheTextIsRead() =>
        AssertRefused(await Invocation.Of("tokenizer", "train", "--corpus", _workspace.At("nothing"), "--output", _workspace.Job),
            $"--output: {_workspace.Job} cannot be written");

    [Fact]
    public async Task TokenCreate_StateThatIsAFile_NamesTheOption() =>
        AssertRefused(await Invocation.Of("token", "create", "--state", _workspace.Job), $"--state {_workspace.Job}: ", "Name a folder");

    [Theory]
    [InlineData(
        "--token-file {0}: cannot be read",
        "--coordinator", "https://127.0.0.1:1", "--identity", "{0}.identity", "--token-file", "{0}")]
    [InlineData(
        "--certificate, --key and --ca: Cannot load the TLS identity from certificate {0}",
        "--coordinator", "https://127.0.0.1:1", "--certificate", "{0}", "--key", "{0}", "--ca", "{0}")]
    public async Task WorkerJoin_MissingFile_NamesTheOptionAndTheFile(string message, params string[] args)
    {
        var nothing = _workspace.At("nothing");

        AssertRefused(
            await Invocation.Of(
                ["worker", "join", .. args.Select(arg => string.Format(System.Globalization.CultureInfo.InvariantCulture, arg, nothing))]),
                string.Format(System.Globalization.CultureInfo.InvariantCulture, message, nothing));
    }

    [Fact]
    public async Task WorkerJoin_RendezvousThatIsAFile_NamesTheOption() =>
        AssertRefused(await Invocation.Of("worker", "join", "--coordinator", $"unix:{_workspace.At("absent")}", "--rendezvous",
            _workspace.Job), $"--rendezvous {_workspace.Job}: cannot be created");

    [Fact]
    public async Task WorkerJoin_MissingSocket_ReportsIt()
    {
        var call = await Invocation.Of("worker", "join", "--coordinator", $"unix:{_workspace.At("absent")}", "--patience-s", "1");

        Assert.Equal(1, call.Status);
        Assert.Contains($"there is no socket {_workspace.At("absent")}. `serve` prints the address for workers.", call.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_CheckpointFolderThatIsAFile_NamesTheKey()
    {
        File.WriteAllText(_workspace.Run, "");

        AssertRefused(await Train(), "checkpoint.directory", _workspace.Run);
    }

    [Fact]
    public async Task Inspect_SetWithoutAJob_IsRefused() =>
        AssertRefused(await Invocation.Of("inspect", _workspace.At("corpus"), "--set", "training.steps=3"), "--set changes a job");

    [Fact]
    public async Task Train_NothingToResume_ReportsIt() => AssertRefused(await Train("--resume"), "nothing to resume", _workspace.Run);

    [Theory]
    [InlineData("generate", "--prompt", "x")]
    [InlineData("eval")]
    public async Task Checkpoint_ThatIsMissing_IsNamed(params string[] verb) =>
        AssertRefused(await Invocation.Of([.. verb, "--checkpoint", _workspace.At("nowhere")]), "nowhere");

    [Fact]
    public async Task Inspect_NoSuchPath_ReportsWhatCanBeInspected() =>
        AssertRefused(await Invocation.Of("inspect", _workspace.At("nothing")), "no such file or folder");

    [Fact]
    public async Task Mistake_WithJson_IsAlsoAnEvent()
    {
        var call = await Invocation.Of("inspect", _workspace.At("nothing"), "--json");

        var error = Assert.Single(call.Events);
        Assert.Equal(("error", 2), ((string)error["event"]!, (int)error["exit"]!));
    }

    private Task<Invocation> Train(params string[] args) => Invocation.Of(["train", _workspace.Job, .. args]);

    private static void AssertRefused(Invocation call, params string[] messages)
    {
        Assert.Equal(2, call.Status);
        Assert.All(messages, message => Assert.Contains(message, call.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", call.Error, StringComparison.Ordinal);
    }
}
