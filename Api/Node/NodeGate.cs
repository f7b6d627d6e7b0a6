namespace MedLedger.Api.Node;

/// <summary>
/// Leads requests to the node that runs now. While there is none, or its chain is not rebuilt yet, they wait: an
/// answer from half a chain would be a wrong nonce or a missing contract.
/// </summary>
internal sealed class NodeGate : DelegatingHandler
{
    private volatile TaskCompletionSource<Uri> _endpoint = New();

    public NodeGate()
        : base(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { }

    /// <summary>Lets requests through to an endpoint.</summary>
    public void Open(Uri endpoint)
    {
        if (!_endpoint.TrySetResult(endpoint))
        {
            var replaced = New();
            replaced.SetResult(endpoint);
            _endpoint = replaced;
        }
    }

    /// <summary>Holds requests back until the next <see cref="Open"/>.</summary>
    public void Close() => _endpoint = New();

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        request.RequestUri = await _endpoint.Task.WaitAsync(cancellationToken);
        return await base.SendAsync(request, cancellationToken);
    }

    private static TaskCompletionSource<Uri> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
