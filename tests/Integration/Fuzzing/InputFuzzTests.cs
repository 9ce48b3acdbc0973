using Distributed.Models.Families;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Distributed.Cli;
using Distributed.Cli.Commands;
using Distributed.Cli.Commands.Security;
using Distributed.Cli.Service;
using Distributed.Cli.Workers;
using Distributed.Configuration;
using Distributed.Coordinator.Service.Execution;
using Distributed.Data;
using Distributed.Data.Tokenizers;
using Distributed.Protocol.Addresses;
using Distributed.Protocol.Faults;
using Distributed.Training.Jobs;
using Distributed.Worker.Links;

namespace Distributed.Integration.Tests.Fuzzing;

/// <summary>
/// Runs every reader of user input on reproducible random mutations. An input is read or refused with one of the project's exceptions, in
/// bounded memory and time. <c>FUZZ_CASES</c> sets the number of inputs per reader, and <c>FUZZ_FIRST</c> the number of the first one; a
/// failure reports its number.
/// </summary>
public sealed class InputFuzzTests : IDisposable
{
    private const long MostAllocated = 64 << 20, AllocatedPerCharacter = 4096;

    private static readonly TimeSpan Hung = TimeSpan.FromMinutes(1); // far above normal: detects inputs that never end

    private static readonly string[] Addresses =
    [
        "127.0.0.1:5080", "[::1]:6000", "[::ffff:10.0.0.5]:80", "coordinator.example:5081", "https://host.example:5081/",
        "http://localhost:80", "unix:/run/control", "10.0.0.5",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fuzz-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Job_Damaged_IsReadOrRefused() => Run(Recipes(), text => JobFile.ReadText(text, "job.yaml"));

    [Fact]
    public void SubmittedJob_Damaged_IsReadOrRefused() => Run(Recipes(), text => new TrainingJobReader().Read(text, ["training.steps=9"]));

    [Fact]
    public void Override_Damaged_IsReadOrRefused()
    {
        var recipe = Recipes()[0];
        Run(
            [
                "training.steps=100", "training.betas=[0.9, 0.99]", "model.rope_scaling={type: yarn, factor: 4}", "data.corpus=[a, 'b c']",
                "sample.prompt=\"Hello\\n\"", "name=1e3", "parallel.workers=2",
            ],
            text => JobFile.ReadText(recipe, "job.yaml", text));
    }

    [Fact]
    public void Fault_Damaged_IsReadOrRefused() => Run(
        [
            "kill:worker-2@step=12", "stop:worker-1@step=30,seconds=8; coordinator-kill@time=20",
            "slow-link:worker-0@step=3,seconds=5,latency-ms=50,mb-per-s=0.5",
        ],
        text => Assert.Equal(FaultPlan.Parse(text), FaultPlan.Parse(FaultPlan.Parse(text).ToString())));

    [Fact]
    public void FaultPlan_Damaged_IsReadOrRefused() => Run(
        [
            "- { kind: stop, worker: worker-1, step: 30, seconds: 8 }\n- { kind: coordinator-kill, time: 20 }\n",
            """[{ "kind": "slow-link", "worker": "worker-0", "step": 3, "mb-per-s": 0.5 }]""",
        ],
        text =>
        {
            var yaml = YamlText.Parse(text, DocumentLimits.Job);
            FaultPlan.FromJson(yaml.Root, yaml.LineOf);
        });

    [Fact]
    public void ModelConfig_Damaged_IsReadByInspectAndTrainAlikeOrRefusedByBoth()
    {
        var path = Path.Combine(_folder.FullName, "config.json");
        Run([.. Golden("deepseek_v3_b_group_yarn", "config.json"), .. Golden("model_accounting", "DeepSeek-V3.json"), GlmConfig], text =>
        {
            File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            var isRead = true;
            try
            {
                ModelConfigFile.Load(path);
            }
            catch (ConfigException)
            {
                isRead = false;
            }

            Assert.Equal(isRead, TrainReads(path));
        });
    }

    [Fact]
    public void Tokenizer_Damaged_IsReadOrRefused() => Run(
        Golden("tokenizer_gpt2", "tokenizer.json", "tokenizer_config.json"),
        text => BpeTokenizer.Parse(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(text), "tokenizer.json").Encode("Hello 123"));

    [Fact]
    public void Address_Damaged_IsReadAsItIsWrittenAgainOrRefused() => Run(Addresses, text =>
    {
        if (HostPort.TryParse(text) is { } host) Assert.Equal(host, HostPort.TryParse(host.ToString()));
        if (WebAddress.TryParse(text) is { } web) Assert.Equal(web, WebAddress.TryParse(web.ToString()));
        if (CoordinatorAddress.TryParse(text) is { } coordinator)
            Assert.Equal(coordinator, CoordinatorAddress.TryParse(coordinator.ToString()));
        if (ExchangeEndpoint.TryParse(text) is { } exchange) Assert.InRange(exchange.Port, 0, ushort.MaxValue);
        if (WorkersEndpoint.TryParse(text) is { } workers) Assert.NotEmpty(workers.Host);
    });

    [Fact]
    public void Number_Damaged_IsReadFromItsOwnCharactersOrRefused() => Run(
        ["0.8", "-12", "1e-3", "9223372036854775807", "300", "90m", "7d"], text =>
    {
        var isNumber = text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c is '.' or '-' or '+' or 'e' or 'E');
        Assert.True(isNumber || (Numbers.TryParse<double>(text), Numbers.TryParse<long>(text)) is (null, null));
        Assert.True(isNumber || (Numbers.TryParse<int>(text), Numbers.TryParse<ulong>(text)) is (null, null));
        if (Numbers.TryParse<long>(text) is { } whole) Assert.Equal((double)whole, Numbers.TryParse<double>(text));
        if (Duration.TryParse(text) is { } time) Assert.True(time > TimeSpan.Zero);
    });

    [Fact]
    public void CommandLine_WithADamagedArgument_IsBadInputAndNoDefect()
    {
        var nothing = Path.Combine(_folder.FullName, "nothing");
        Run(["0.8", "@/etc/hostname", "--json", "-5", "[::1]:80", "training.steps=5", "[suggest]"], text =>
        {
            var call = Invocation(["generate", "--checkpoint", nothing, "--prompt", text, "--temperature", text]);
            Assert.True(call.Status is ExitStatus.BadInput or ExitStatus.Ok, $"status {call.Status}: {call.Error}"); // Ok for --help
            Assert.DoesNotContain("defect of the program", call.Error, StringComparison.Ordinal);
        });
    }

    private static (int Status, string Error) Invocation(string[] args)
    {
        using var error = new StringWriter();
        return (CommandLine.RunAsync(args, new CommandOutput(TextWriter.Null, error, isTerminal: false)).GetAwaiter().GetResult(),
            error.ToString());
    }

    private static void Run(IReadOnlyList<string> seeds, Action<string> read)
    {
        var (accepted, failures, first) = (0, new List<string>(), Setting("FUZZ_FIRST", 0));
        foreach (var seed in seeds.Take(1)) Refusal(seed, read); // warm-up: one-time allocations do not count
        for (var number = first; number < first + Setting("FUZZ_CASES", 2000) && failures.Count < 20; number++)
        {
            var text = TextMutation.Draw(number, seeds);
            var (allocated, clock) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
            try
            {
                if (Refusal(text, read) is null) accepted++;
            }
            catch (Exception error)
            {
                failures.Add($"case {number}: {error.GetType().Name}: {error.Message}\n{error.StackTrace?.Split('\n')[0]}");
                continue;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (allocated > MostAllocated + AllocatedPerCharacter * text.Length)
                failures.Add($"case {number}: {allocated} bytes for {text.Length} characters");
            if (clock.Elapsed > Hung) failures.Add($"case {number}: {clock.Elapsed}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{accepted} accepted");
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    /// <summary>Returns the exception that refuses the text; null if it is read. Other exceptions propagate.</summary>
    private static Exception? Refusal(string text, Action<string> read)
    {
        try
        {
            read(text);
            return null;
        }
        catch (Exception refusal) when (refusal
            is ConfigException or DocumentException or DataException or JobRefusedException)
        {
            Assert.NotEmpty(refusal.Message);
            return refusal;
        }
    }

    // Reads a job that consists of the file. Conflicts with the rest of the job do not count as errors of the file.
    private static bool TrainReads(string path)
    {
        try
        {
            var job = $"{{ name: fuzz, model: {{ config: '{path}' }}, parallel: {{ workers: 1 }}, "
                + "data: { sequence_length: 2, vocabulary: 260 } }";
            JobFile.ReadText(job, "job.yaml");
            return true;
        }
        catch (ConfigException refused)
        {
            return refused.Problems.All(problem => problem.Key == "data.sequence_length"
                || (problem.Key == "model.vocab_size" && problem.Allowed.Contains("data.vocabulary", StringComparison.Ordinal)));
        }
    }

    private const string GlmConfig = """
        { "model_type": "glm4_moe", "attention_bias": true, "head_dim": 128, "num_nextn_predict_layers": 1, "use_qk_norm": true,
          "num_attention_heads": 96, "num_key_value_heads": 8,
          "rope_parameters": { "rope_type": "default", "rope_theta": 1000000, "partial_rotary_factor": 0.5 } }
        """;

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private static string[] Recipes() =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "jobs"), "*.yaml").Order(StringComparer.Ordinal)
            .Select(File.ReadAllText)];

    private static string[] Golden(string name, params string[] files) =>
        [.. files.Select(file => File.ReadAllText(Path.Combine(Root(), "golden", name, file)))];

    private static string Root([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
