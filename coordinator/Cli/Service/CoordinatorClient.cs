using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Worker.Links;
using Polly;
using Polly.Retry;

namespace Distributed.Cli.Service;

/// <summary>
/// Client of a coordinator's JSON API. A call is retried a few times if the coordinator cannot be reached or is starting. A refusal is
/// reported immediately, with all errors.
/// </summary>
/// <param name="coordinator">Base address of the coordinator.</param>
/// <param name="tls">Client certificate and trusted authorities; null for calls without TLS.</param>
internal sealed class CoordinatorClient(Uri coordinator, SslClientAuthenticationOptions? tls) : IDisposable
{
    private const int Retries = 4;

    private static readonly ResiliencePipeline<HttpResponseMessage> Persistence = new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
    {
        MaxRetryAttempts = Retries,
        Delay = TimeSpan.FromMilliseconds(200), // 3 s in total
        BackoffType = DelayBackoffType.Exponential,
        ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
            .Handle<HttpRequestException>()
            .HandleResult(response =>
                response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout),
    }).Build();

    private readonly HttpClient _http = new(Handler(tls))
    {
        BaseAddress = new Uri(coordinator, "/api/v1/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    // The proxy of the environment is not used: a coordinator is on this machine, or authenticates its clients by certificate.
    private static SocketsHttpHandler Handler(SslClientAuthenticationOptions? tls)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (tls is not null) handler.SslOptions = tls;
        return handler;
    }

    /// <summary>Sends a GET request.</summary>
    public Task<JsonObject> GetAsync(string path, CancellationToken cancellation) =>
        ReadAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellation);

    /// <summary>Sends a POST request without a body. The request must be idempotent, because it may be retried.</summary>
    public Task<JsonObject> PostAsync(string path, CancellationToken cancellation) =>
        ReadAsync(() => new HttpRequestMessage(HttpMethod.Post, path), cancellation);

    /// <summary>Submits a job file. An idempotency key makes retries safe.</summary>
    public Task<JsonObject> SubmitAsync(string text, IEnumerable<string> overrides, CancellationToken cancellation)
    {
        var key = Guid.NewGuid().ToString("N"); // retries create one job
        return ReadAsync(
            () => new HttpRequestMessage(HttpMethod.Post,
                $"jobs?{string.Join('&', overrides.Select(each => $"set={Uri.EscapeDataString(each)}"))}")
            {
                Content = new StringContent(text, Encoding.UTF8, "application/yaml"), Headers = { { "Idempotency-Key", key } },
            },
            cancellation);
    }

    /// <summary>Reads a job's log as server-sent events until the job ends. A broken stream is resumed after the last event.</summary>
    /// <exception cref="IOException">The stream breaks several times in a row without a new event.</exception>
    public async IAsyncEnumerable<SseItem<string>> FollowAsync(string job, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var last = "";
        for (var broken = 0; ;)
        {
            using var response = await SendAsync(() => Following(job, last), HttpCompletionOption.ResponseHeadersRead, cancellation);
            await using var items = SseParser.Create(await response.Content.ReadAsStreamAsync(cancellation)).EnumerateAsync(cancellation)
                .GetAsyncEnumerator(cancellation);
            while (await NextAsync(items))
            {
                yield return items.Current;
                if (items.Current.EventType == "end") yield break;
                if (items.Current.EventId is { } id) (last, broken) = (id, 0);
            }

            if (++broken > Retries)
                throw new IOException(
                    $"The coordinator at {coordinator} closed the log of job {job} {broken} times in a row without a new entry.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Following(string job, string last)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"jobs/{Uri.EscapeDataString(job)}/logs?follow=true")
        {
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } }
        };
        if (last.Length > 0) request.Headers.Add("Last-Event-ID", last);
        return request;
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonObject> ReadAsync(Func<HttpRequestMessage> request, CancellationToken cancellation)
    {
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
        return await BodyAsync(response, cancellation)
            ?? throw new IOException($"{coordinator}: the response is not that of a coordinator.");
    }

    private async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        HttpResponseMessage response;
        try
        {
            response = await Persistence.ExecuteAsync(async token =>
            {
                using var message = request();
                // as the coordinator serves them
                (message.Version, message.VersionPolicy) = (tls is null ? HttpVersion.Version11 : HttpVersion.Version20,
                    HttpVersionPolicy.RequestVersionExact);
                return await _http.SendAsync(message, completion, token);
            }, cancellation);
        }
        catch (HttpRequestException error)
        {
            if (error.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
                && await PortProbe.MismatchAsync(coordinator, cancellation) is { } mismatch)
                throw new IOException($"The coordinator at {coordinator} cannot be reached: {mismatch}.", error);
            var hint = error.HttpRequestError == HttpRequestError.SecureConnectionError
                ? ""
                : " Start a coordinator with serve, or give the address of its JSON API, which serve prints, with --coordinator.";
            throw new IOException(
                $"The coordinator at {coordinator} cannot be reached: {error.GetBaseException().Message.TrimEnd('.')}.{hint}", error);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response) throw Refusal(response.StatusCode, await BodyAsync(response, cancellation));
    }

    private Exception Refusal(HttpStatusCode status, JsonObject? problem)
    {
        if ((string?)problem?["detail"] is not { } detail)
            return new IOException($"{coordinator}: the response is not that of a coordinator: status {(int)status}.");
        var errors = (problem["errors"] as JsonArray ?? []).Select(error =>
            $"\n  {error!["where"]}{(error["value"] is { } value ? $" = {value}" : "")}: {error["what"]}"
            + (error["fix"] is { } fix ? $"; {fix}" : ""));
        var message = problem["errors"] is JsonArray { Count: 1 } && !detail.Contains(" mistake", StringComparison.Ordinal)
            ? detail : detail + string.Concat(errors);
        return (int)status < 500 ? new UserErrorException(message) : new IOException(message);
    }

    private static async Task<JsonObject?> BodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation)) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
