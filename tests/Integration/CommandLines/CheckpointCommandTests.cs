using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary><c>checkpoint list</c>, <c>verify</c> and <c>diff</c> on checkpoints that <c>train</c> saved.</summary>
public sealed class CheckpointCommandTests(TrainedRun run) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly DirectoryInfo _copies = Directory.CreateTempSubdirectory("checkpoint-commands-");

    public void Dispose() => _copies.Delete(recursive: true);

    [Fact]
    public async Task List_ARun_HasEveryCheckpointAndWhatIsUnfinished()
    {
        var copy = Copy();
        Directory.CreateDirectory(Path.Combine(copy, "step-00000009.tmp-0"));

        var text = await Invocation.Of("checkpoint", "list", copy);
        var json = await Invocation.Of("checkpoint", "list", copy, "--json");

        Assert.Equal((0, 0), (text.Status, json.Status));
        Assert.Matches("step-00000006 .* latest", text.Output);
        Assert.Matches("step-00000009.tmp-0 .* not finished", text.Output);
        var listed = json.Events[^1]["checkpoints"]!.AsArray();
        Assert.Equal([(3, true, false), (6, true, true), (9, false, false)],
            listed.Select(each => ((int)each!["step"]!, (bool)each["finished"]!, (bool)each["latest"]!)));
        Assert.Equal(3, (int)listed[0]!["workers"]!);
        Assert.True((long)listed[0]!["bytes"]! > 0);
    }

    [Fact]
    public async Task List_ADamagedManifest_IsListedWithTheReason()
    {
        var copy = Copy();
        File.WriteAllText(Path.Combine(copy, "step-00000006", "manifest.json"), "{");

        var call = await Invocation.Of("checkpoint", "list", copy);

        Assert.Equal(1, call.Status);
        Assert.Matches("step-00000006 .* latest, damaged", call.Output);
        Assert.Contains("step-00000006/manifest.json: is damaged", call.Error, StringComparison.Ordinal);
        Assert.Contains("step-00000003", call.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list", "nowhere", "there is no such folder")]
    [InlineData("list", "corpus", "holds no checkpoints")]
    [InlineData("verify", "nowhere", "there is no such folder")]
    [InlineData("verify", "corpus", "has neither a manifest.json")]
    public async Task Checkpoint_PathWithoutACheckpoint_IsRefused(string verb, string path, string message)
    {
        var call = await Invocation.Of("checkpoint", verb, run.Workspace.At(path));

        Assert.Equal(2, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WhatTrainSaved_IsSound()
    {
        var latest = await Invocation.Of("checkpoint", "verify", run.Workspace.Run, "--json");
        var all = await Invocation.Of("checkpoint", "verify", run.Workspace.Run, "--all");

        Assert.Equal((0, 0), (latest.Status, all.Status));
        Assert.True((bool)latest.Events[^1]["valid"]!);
        Assert.Equal(6, (int)Assert.Single(latest.Events[^1]["checkpoints"]!.AsArray())!["step"]!);
        Assert.Contains("step-00000003: valid", all.Output, StringComparison.Ordinal);
        Assert.Contains("step-00000006: valid", all.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_AChangedByte_NamesFileAndTensor()
    {
        var copy = Copy();
        var shard = Path.Combine(copy, "step-00000003", "weights-rank-00001.safetensors");
        var bytes = File.ReadAllBytes(shard);
        bytes[^1] ^= 1;
        File.WriteAllBytes(shard, bytes);

        var call = await Invocation.Of("checkpoint", "verify", copy, "--all");

        Assert.Equal(1, call.Status);
        Assert.Contains("step-00000003: 1 problem", call.Output, StringComparison.Ordinal);
        Assert.Contains("step-00000006: valid", call.Output, StringComparison.Ordinal);
        Assert.Matches("step-00000003/weights-rank-00001.safetensors: tensor '.*': its data has changed since it was saved", call.Error);
    }

    [Fact]
    public async Task Verify_ASoundManifestThatLacksAnExpert_NamesIt()
    {
        const string Lost = "model.layers.1.mlp.experts.5.up_proj.weight";
        var folder = Save("lost", 6,
            (kind, name, tensor) => name.StartsWith(Lost, StringComparison.Ordinal) && kind == TensorKind.Weights ? null : tensor);

        var call = await Invocation.Of("checkpoint", "verify", folder);

        Assert.Equal(1, call.Status);
        Assert.Contains($"weights {Lost}: missing", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_OtherShapesThanTheModels_NamesThem()
    {
        var folder = Save("shapes", 6, (kind, name, tensor) => name switch
        {
            "model.norm.weight" => tensor[..16],
            "model.norm.weight.exp_avg" => tensor[..8],
            _ => tensor,
        });

        var call = await Invocation.Of("checkpoint", "verify", folder);

        Assert.Equal(1, call.Status);
        Assert.Contains("weights model.norm.weight: F32 [16] in the checkpoint, any dtype [32] is needed", call.Error,
            StringComparison.Ordinal);
        Assert.Contains("optimizer model.norm.weight.exp_avg: [8] in the checkpoint, its weight is [32]", call.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OneWithItself_IsEqual()
    {
        var call = await Invocation.Of("checkpoint", "diff", run.Workspace.Run, Path.Combine(Copy(), "step-00000006"), "--json");

        Assert.Equal(0, call.Status);
        Assert.True((bool)call.Events[^1]["equal"]!);
        Assert.Empty(call.Events[^1]["tensors"]!.AsArray());
    }

    [Fact]
    public async Task Diff_TwoSteps_ReportsByHowMuch()
    {
        var call = await Invocation.Of("checkpoint", "diff", Path.Combine(run.Workspace.Run, "step-00000003"), run.Workspace.Run);

        Assert.Equal(1, call.Status);
        Assert.Contains("step: 3 and 6", call.Output, StringComparison.Ordinal);
        Assert.Matches(@"weights +│ .* │ +[0-9]\.[0-9]{2}e-[0-9]{2} │", call.Output);
        Assert.Matches("[0-9]+ tensors differ, [0-9]+ are equal", call.Output);
    }

    [Fact]
    public async Task Diff_KnownChanges_AreFoundAndNothingElse()
    {
        var folder = Save("changed", 6, (kind, name, tensor) => (kind, name) switch
        {
            (TensorKind.Weights, "model.norm.weight") => tensor.index_fill(0, torch.tensor(3L), 9),
            (TensorKind.Weights, "model.layers.0.input_layernorm.weight") => tensor.index_fill(0, torch.tensor(0L), float.NaN),
            (TensorKind.Weights, "lm_head.weight") => tensor.to(ScalarType.BFloat16),
            (TensorKind.Optimizer, "model.norm.weight.exp_avg") => null,
            (TensorKind.Optimizer, "model.norm.weight.exp_avg_sq") => tensor[..4],
            _ => tensor,
        });

        var call = await Invocation.Of("checkpoint", "diff", run.Workspace.Run, folder, "--json");

        Assert.Equal(1, call.Status);
        var found = call.Events[^1]["tensors"]!.AsArray().ToDictionary(tensor => (string)tensor!["name"]!, tensor => (JsonObject)tensor!);
        Assert.Equal(["lm_head.weight", "model.layers.0.input_layernorm.weight", "model.norm.weight", "model.norm.weight.exp_avg",
            "model.norm.weight.exp_avg_sq"], found.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1, (int)found["model.norm.weight"]["elements"]!);
        Assert.InRange((double)found["model.norm.weight"]["largest"]!, 7, 9);
        Assert.Null(found["model.layers.0.input_layernorm.weight"]["largest"]); // NaN, which JSON cannot represent
        Assert.Equal("F32, BF16", (string?)found["lm_head.weight"]["types"]);
        Assert.Equal("only in the first", (string?)found["model.norm.weight.exp_avg"]["what"]);
        Assert.Equal("shapes [32] and [4]", (string?)found["model.norm.weight.exp_avg_sq"]["what"]);
    }

    private string Copy()
    {
        var copy = Path.Combine(_copies.FullName, "run");
        foreach (var file in Directory.EnumerateFiles(run.Workspace.Run, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(run.Workspace.Run, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }

    // Saves a copy of the run's last checkpoint with changed tensors; a tensor that `change` maps to null is omitted.
    private string Save(string name, long step, Func<TensorKind, string, Tensor, Tensor?> change)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(run.Workspace.Run);
        var folder = CheckpointCommit.Begin(new DirectoryStore(Path.Combine(_copies.FullName, name)), step, 0);
        var entries = new List<ManifestEntry>();
        foreach (var kind in new[] { TensorKind.Weights, TensorKind.Optimizer })
        {
            var tensors = checkpoint.Manifest.Tensors.Where(tensor => tensor.Kind == kind)
                .Select(tensor => (tensor.Name, Tensor: change(kind, tensor.Name, checkpoint.Read(kind, tensor.Name))));
            var file = $"{kind.ToText()}-rank-00000.safetensors"; // written directly: a regular save refuses values that are not finite
            var written = SafetensorsWriter.Write(folder.PathOf(file),
                [.. tensors.Where(each => each.Tensor is not null).Select(each => (each.Name, each.Tensor!))],
                new Dictionary<string, string> { ["format"] = "pt" });
            entries.AddRange(
                written.Select(
                    each => new ManifestEntry(kind, each.Entry.Name, each.Entry.Dtype.Name, each.Entry.Shape, file, each.Entry.Offset,
                        each.Entry.Length, each.Hash)));
        }

        return CheckpointCommit.Commit(folder, checkpoint.State, entries).Path;
    }
}
