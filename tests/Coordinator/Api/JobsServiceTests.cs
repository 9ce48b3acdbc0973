using System.Net.Sockets;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Distributed.Coordinator.Tests.Api;

/// <summary>The operations of the API over gRPC, on the workers' socket.</summary>
public sealed class JobsServiceTests : IAsyncLifetime
{
    private ServedCoordinator _coordinator = null!;
    private GrpcChannel _channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private global::Distributed.Protocol.Jobs.JobsClient Client => new(_channel);

    public async ValueTask InitializeAsync()
    {
        _coordinator = await ServedCoordinator.StartAsync();
        _channel = GrpcChannel.ForAddress("http://coordinator", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellation) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(_coordinator.Server.Socket), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
            DisposeHttpClient = true,
        });
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _coordinator.DisposeAsync();
    }

    [Fact]
    public async Task Job_SubmittedAndFollowed_StreamsEveryEntryToTheEnd()
    {
        var worker = await _coordinator.JoinAsync("worker-0");
        var job = await Client.SubmitAsync(new SubmitJobRequest { Text = "one 1 9", Set = { "steps=1" } }, cancellationToken: Cancellation);
        using var log = Client.Log(new LogRequest { Id = job.Id, Follow = true }, cancellationToken: Cancellation);
        await worker.Assigned();
        Assert.Equal(("working", job.Id),
            (await Client.ListWorkersAsync(new ListWorkersRequest(), cancellationToken: Cancellation)).Workers
                .Select(each => (each.State, each.Job)).Single());
        worker.Step(1);
        worker.Finish();
        var entries = await log.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);

        Assert.Equal(1, Assert.Single(entries, entry => entry.Step is not null).Step.LastStep);
        var ended = await Client.GetAsync(new GetJobRequest { Id = job.Id }, cancellationToken: Cancellation);
        Assert.Equal(("completed", 1, "one 1 1"), (ended.State, ended.Step, ended.JobJson));
        Assert.Equal(job.Id, Assert.Single((await Client.ListAsync(new ListJobsRequest(), cancellationToken: Cancellation)).Jobs).Id);
        var metrics = await Client.MetricsAsync(new MetricsRequest { Id = job.Id }, cancellationToken: Cancellation);
        Assert.Equal(("loss", 1.0), (metrics.Names[0], Assert.Single(metrics.Points).Mean[0]));
        Assert.NotEmpty((await Client.EventsAsync(new EventsRequest { Id = job.Id }, cancellationToken: Cancellation)).Events);
        Assert.Equal(1, (await Client.VersionAsync(new VersionRequest(), cancellationToken: Cancellation)).Api);
    }

    [Fact]
    public async Task Submit_AJobWithTwoMistakes_ListsBothInTheTrailer()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await Client.SubmitAsync(new SubmitJobRequest { Text = "one none 0" }, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var problems = JobProblems.Parser.ParseFrom(refused.Trailers.GetValueBytes("problems-bin"));
        Assert.Equal(["parallel.workers", "training.steps"], problems.Problems.Select(problem => problem.Where));
    }

    [Fact]
    public async Task Call_ThatIsRefused_HasTheMatchingStatus()
    {
        var worker = await _coordinator.JoinAsync("worker-0");
        var running = await Client.SubmitAsync(new SubmitJobRequest { Text = "one 1 9" }, cancellationToken: Cancellation);
        var waiting = await Client.SubmitAsync(new SubmitJobRequest { Text = "two 1 9" }, cancellationToken: Cancellation);
        await worker.Assigned();

        Assert.Equal(StatusCode.NotFound,
            await Status(() => Client.GetAsync(new GetJobRequest { Id = "nothing" }, cancellationToken: Cancellation)));
        Assert.Equal(StatusCode.NotFound,
            await StatusOf(Client.LedgerAsync(new GetJobRequest { Id = waiting.Id }, cancellationToken: Cancellation).ResponseAsync));
        Assert.Equal(StatusCode.FailedPrecondition,
            await Status(() => Client.PauseAsync(new GetJobRequest { Id = waiting.Id }, cancellationToken: Cancellation)));
        Assert.Equal(running.Id,
            (await Client.ScaleAsync(new ScaleJobRequest { Id = running.Id, Workers = 2 }, cancellationToken: Cancellation)).Id);
        Assert.Equal("stopped", (await Client.StopAsync(new StopJobRequest { Id = waiting.Id }, cancellationToken: Cancellation)).State);
    }

    private static Task<StatusCode> Status(Func<AsyncUnaryCall<JobInfo>> call) => StatusOf(call().ResponseAsync);

    private static async Task<StatusCode> StatusOf(Task call) => (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode;
}
