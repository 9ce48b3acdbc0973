using System.Collections.Immutable;
using Distributed.Models;
using Distributed.Parallel.Dispatch;
using Distributed.Planning;
using Distributed.Tensors.Kernels;
using Distributed.Training.Evaluation;
using Distributed.Training.Jobs;
using Distributed.Training.Optimizers;
using Distributed.Training.Schedules;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Transports;
using TorchSharp;

namespace Distributed.Training;

/// <summary>Creates the network, the options of steps and evaluations, the schedule and the optimizer of a job.</summary>
public static class NetworkFactory
{
    /// <summary>Creates the network of a job on one rank. Its weights are not initialised.</summary>
    /// <param name="job">The job, with its final vocabulary and precision.</param>
    /// <param name="placement">By layer index, the experts of each rank.</param>
    /// <param name="groups">This rank's exchanges with its groups.</param>
    /// <param name="epoch">Epoch of the groups.</param>
    /// <param name="time">The clock.</param>
    public static TrainedNetwork Create(
        TrainingJob job, IReadOnlyDictionary<int, ImmutableArray<ImmutableArray<int>>> placement, RankGroups groups,
        long epoch, TimeProvider time)
    {
        var (world, experts, replicas) = groups;
        var replica = job.Parallel.Grid.RanksOfReplica(world.Rank);
        var model = new Decoder(job.Model, Type(job.Training.Precision), layer => placement[layer][world.Rank], job.Kernels,
            job.Training.Recompute);
        var locations = job.Model.MoeLayers.ToDictionary(
            layer => layer, layer => new ExpertLocations(job.Model.NRoutedExperts, [.. replica.Select(rank => placement[layer][rank])]));
        ITokenDispatcher dispatcher = experts.Size == 1 ? new LocalDispatcher() : new AllToAllDispatcher(experts, time, job.Kernels, epoch);
        var ownership = new Ownership(model.Parameters, new GroupRank(world.Rank, world.Size),
            new GroupRank(replicas.Rank, replicas.Size), job.Parallel.Zero);
        return new TrainedNetwork(model, locations, dispatcher, Optimizer(job.Training, job.Kernels), ownership,
            IsMtpFrozen(job) ? Decoder.IsOfMtp(job.Model) : null);
    }

    /// <summary>Returns the tensor type of a precision; <see cref="Precision.Auto"/> has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The precision is not resolved.</exception>
    public static torch.ScalarType Type(Precision precision) => precision switch
    {
        Precision.Bf16 => torch.ScalarType.BFloat16,
        Precision.Fp32 => torch.ScalarType.Float32,
        Precision.Fp64 => torch.ScalarType.Float64,
        var other => throw new ArgumentOutOfRangeException(nameof(precision), other, "The precision is not resolved."),
    };

    /// <summary>Creates the options of a job's step.</summary>
    public static StepOptions StepOptions(TrainingJob job)
    {
        var training = job.Training;
        return new StepOptions
        {
            WithMtp = !IsMtpFrozen(job),
            BalanceLoss = training.BalanceLoss,
            ZLoss = training.ZLoss,
            MtpLossWeight = training.MtpLossWeight,
            BiasUpdateSpeed = training.BiasUpdateSpeed,
            Clip = training.Clip,
            MicroBatchesInFlight = training.Overlap ? 2 : 1,
        };
    }

    // After pre-training, modules without a loss are left as they are.
    private static bool IsMtpFrozen(TrainingJob job) => job.Objective.HasExamples && job.Training.MtpLossWeight == 0;

    /// <summary>Creates the options of a job's evaluations.</summary>
    /// <param name="job">The job.</param>
    /// <param name="ranks">Number of ranks.</param>
    public static EvaluationOptions EvaluationOptions(TrainingJob job, int ranks) => new()
    {
        Data = job.Data,
        BatchSequences = Math.Max(1, job.Training.GlobalBatch / job.Training.Accumulation / ranks),
        MaxSequences = job.Evaluation.MaxSequences,
    };

    /// <summary>Creates a job's learning rate schedule.</summary>
    public static ILearningRateSchedule Schedule(TrainingSection training) => training.Schedule switch
    {
        ScheduleKind.Constant => new ConstantSchedule(training.LearningRate, training.WarmupSteps),
        ScheduleKind.Cosine => new WarmupCosineSchedule(new WarmupCosineOptions
        {
            PeakRate = training.LearningRate, WarmupSteps = training.WarmupSteps, TotalSteps = training.Steps, MinRatio = training.MinRatio,
        }),
        ScheduleKind.MultiStep => new MultiStepSchedule(new MultiStepOptions
        {
            PeakRate = training.LearningRate, WarmupSteps = training.WarmupSteps, TotalSteps = training.Steps,
        }),
        ScheduleKind.DeepSeekV3 => new DeepSeekV3Schedule(new DeepSeekV3ScheduleOptions
        {
            PeakRate = training.LearningRate, WarmupSteps = training.WarmupSteps, TotalSteps = training.Steps,
        }),
        var other => throw new ArgumentOutOfRangeException(nameof(training), other, "Unknown schedule."),
    };

    private static IOptimizer Optimizer(TrainingSection training, KernelChoice kernels)
    {
        var adamW = new AdamWOptions
        {
            Beta1 = training.Beta1, Beta2 = training.Beta2, Eps = training.Epsilon, WeightDecay = training.WeightDecay
        };
        return training.Optimizer switch
        {
            OptimizerKind.AdamW => new AdamW(adamW, kernels),
            OptimizerKind.Muon => new MuonWithAdamW(new MuonWithAdamWOptions
            {
                AdamW = adamW,
                Muon = new MuonOptions
                {
                    WeightDecay = training.WeightDecay,
                    NewtonSchulzType = Type(training.Precision) == torch.ScalarType.BFloat16
                        ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
                },
                MuonRateRatio = training.LearningRate > 0 ? training.MuonLearningRate / training.LearningRate : 1,
            }, kernels: kernels),
            var other => throw new ArgumentOutOfRangeException(nameof(training), other, "Unknown optimizer."),
        };
    }
}
