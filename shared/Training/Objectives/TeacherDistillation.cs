using Distributed.Models;
using Distributed.Parallel.Forward;
using Distributed.Tensors.Kernels;
using Distributed.Training.Frozen;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>
/// Distillation on a teacher's distribution over the vocabulary, at each response token, mixed with the cross-entropy of the tokens
/// themselves (Hinton et al. 2015).
/// </summary>
/// <param name="model">The network in training: the student.</param>
/// <param name="teacher">The teacher, with the same vocabulary; this object takes ownership.</param>
/// <param name="options">The divergence.</param>
public sealed class TeacherDistillation(Decoder model, FrozenNetwork teacher, DivergenceOptions options) : IObjective
{
    private readonly FrozenResults<Tensor> _teachers = new();

    /// <inheritdoc/>
    public IReadOnlyList<string> Metrics => ["divergence", "cross_entropy"];

    /// <inheritdoc/>
    public string Term => "target";

    /// <inheritdoc/>
    public long TermsOf(TokenBatch batch) => batch.TargetCount(0);

    /// <inheritdoc/>
    public void Begin(long step, IReadOnlyList<TokenBatch> batches, int firstIndex = 0) =>
        _teachers.Compute(batches, (batch, index) => teacher.Hidden(step, firstIndex + index, batch));

    /// <inheritdoc/>
    public void End() => _teachers.Dispose();

    /// <inheritdoc/>
    public bool HasFrozenNetwork => true;

    /// <inheritdoc/>
    public TimeSpan ExchangeTime => teacher.ExchangeTime;

    /// <inheritdoc/>
    public TrunkHead? Head(TokenBatch batch, double factor, double[] metrics) => (tape, hidden) =>
    {
        var responses = new BatchResponses(batch);
        tape.Own(responses);
        var given = new DivergenceHead.Side(_teachers.Of(batch), teacher.Model.OutputHead.Value);
        return tape.Segment("lm_head", [model.OutputHead], [hidden], inputs =>
        {
            var sums = DivergenceHead.Apply(new(responses.Select(inputs[0]), model.OutputHead.Value), given, responses.Targets, options,
                model.Parameters.Wide, model.OutputHead.GradientAccumulator, factor, model.Parameters.Kernels);
            metrics[0] += sums.Divergence;
            metrics[1] += sums.CrossEntropy;
            return [("loss", sums.Loss)];
        })[0];
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _teachers.Dispose();
        teacher.Dispose();
    }
}
