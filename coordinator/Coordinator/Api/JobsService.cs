using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Operations;
using Distributed.Coordinator.Service.Registry;
using Distributed.Protocol;
using Distributed.Protocol.Versions;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Distributed.Coordinator.Api;

/// <summary>The operations of the JSON API over gRPC.</summary>
internal sealed class JobsService(CoordinatorOperations operations, IHostApplicationLifetime lifetime) : Protocol.Jobs.JobsBase
{
    public override Task<VersionReply> Version(VersionRequest request, ServerCallContext context) =>
        Task.FromResult(
            new VersionReply { Program = ProtocolVersion.Program, Protocol = ProtocolVersion.Current, Api = ApiEndpoints.Version });

    public override Task<ListWorkersReply> ListWorkers(ListWorkersRequest request, ServerCallContext context) =>
        Guard(() => new ListWorkersReply { Workers = { operations.Workers.Select(WireViews.Of) } });

    public override Task<ListJobsReply> List(ListJobsRequest request, ServerCallContext context) =>
        Guard(() => new ListJobsReply { Jobs = { operations.Jobs.Select(job => WireViews.Of(job)) } });

    public override Task<JobInfo> Get(GetJobRequest request, ServerCallContext context) =>
        Guard(() => WireViews.Of(operations.Job(request.Id), whole: true));

    public override Task<JobInfo> Submit(SubmitJobRequest request, ServerCallContext context) =>
        AnswerAsync(() => operations.SubmitAsync(request.Text, request.Set, request.RequestKey), whole: true);

    public override Task<JobInfo> Stop(StopJobRequest request, ServerCallContext context) =>
        AnswerAsync(() => operations.StopAsync(request.Id, request.Save));

    public override Task<JobInfo> Scale(ScaleJobRequest request, ServerCallContext context) =>
        AnswerAsync(() => operations.ScaleAsync(request.Id, request.Workers));

    public override Task<JobInfo> Pause(GetJobRequest request, ServerCallContext context) =>
        AnswerAsync(() => operations.PauseAsync(request.Id));

    public override Task<JobInfo> Resume(GetJobRequest request, ServerCallContext context) =>
        AnswerAsync(() => operations.ResumeAsync(request.Id));

    public override Task<MetricsReply> Metrics(MetricsRequest request, ServerCallContext context) => Guard(() =>
    {
        var (resolution, points) = operations.Metrics(
            request.Id, request.From == 0 ? null : request.From, request.To == 0 ? null : request.To,
            request.Resolution == 0 ? null : request.Resolution);
        return new MetricsReply { Resolution = resolution, Names = { StepMetrics.Names }, Points = { points.Select(WireViews.Of) } };
    });

    public override Task<EventsReply> Events(EventsRequest request, ServerCallContext context) =>
        Guard(
            () => new EventsReply
            {
                Events = { operations.Events(request.Id, request.After, request.Most == 0 ? null : request.Most).Select(WireViews.Of) }
            });

    public override async Task Log(LogRequest request, IServerStreamWriter<LogEntryInfo> responseStream, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var log = await Guard(() => operations.Log(request.Id, request.After, request.Follow, ended.Token)).ConfigureAwait(false);
        try
        {
            await foreach (var entry in log.ConfigureAwait(false))
                await responseStream.WriteAsync(WireViews.Of(entry), ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            var message = "The coordinator is shutting down. Resume after the last cursor when it has restarted.";
            throw new RpcException(new Status(StatusCode.Unavailable, message));
        }
    }

    public override Task<LedgerReply> Ledger(GetJobRequest request, ServerCallContext context) =>
        Guard(() => new LedgerReply { LedgerJson = operations.Ledger(request.Id) });

    private static Task<T> Guard<T>(Func<T> operation) => GuardAsync(() => Task.FromResult(operation()));

    private static Task<JobInfo> AnswerAsync(Func<Task<JobView>> write, bool whole = false) =>
        GuardAsync(async () => WireViews.Of(await write().ConfigureAwait(false), whole));

    private static async Task<T> GuardAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation().ConfigureAwait(false);
        }
        catch (OperationRefusedException refused)
        {
            throw WireViews.Of(refused);
        }
        catch (IOException error)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, error.Message));
        }
    }
}
