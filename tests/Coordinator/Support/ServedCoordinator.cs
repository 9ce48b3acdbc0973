using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Service;
using Distributed.Coordinator.Storage;
using Distributed.Worker.Links;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>A coordinator that listens on a free port, with a client.</summary>
internal sealed class ServedCoordinator : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private ServedCoordinator(TemporaryFolder folder, CoordinatorServer server)
    {
        (_folder, Server) = (folder, server);
        Http = new HttpClient { BaseAddress = new Uri(server.Api, "/api/v1/") };
    }

    public CoordinatorServer Server { get; }

    public HttpClient Http { get; }

    public static async Task<ServedCoordinator> StartAsync(ILoggerFactory? logging = null, Func<string, IStateStore>? open = null)
    {
        var folder = new TemporaryFolder();
        return new ServedCoordinator(folder,
            await CoordinatorServer.StartAsync(Options(folder.At("state")), new PlainReader(), TimeProvider.System,
                logging ?? NullLoggerFactory.Instance, open ?? (path => new StateStore(path))));
    }

    public static ServiceOptions Options(string state) => new() { State = state, Listen = new IPEndPoint(IPAddress.Loopback, 0) };

    /// <summary>Joins a worker over the socket.</summary>
    public async Task<ScriptedWorker> JoinAsync(string name)
    {
        var worker = new ScriptedWorker(name, end: new GrpcCoordinatorLink(
            new CoordinatorLinkOptions
            {
                Address = CoordinatorAddress.TryParse($"unix:{Server.Socket}")!, BeatInterval = TimeSpan.FromSeconds(1)
            },
            TimeProvider.System, NullLogger<GrpcCoordinatorLink>.Instance));
        worker.Hello();
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!((JsonArray)(await GetAsync("workers"))["workers"]!).Any(each => (string)each!["name"]! == name))
            await looks.WaitForNextTickAsync(bound.Token);
        return worker;
    }

    public async Task<JsonObject> GetAsync(string path) =>
        (await Http.GetFromJsonAsync<JsonObject>(path, TestContext.Current.CancellationToken))!;

    public async Task<(int Status, JsonObject Body)> PostAsync(string path, string? body = null, string type = "application/yaml")
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, type);
        using var response = await Http.PostAsync(path, content, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await BodyOf(response));
    }

    public static async Task<JsonObject> BodyOf(HttpResponseMessage response) =>
        (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
