package dev.greenroom.config;

import java.time.Duration;

/// What a proxy is told, wherever its registry is.
public record ProxySections(
        ListenSettings listen,
        ConnectionSettings connections,
        AccessSettings access,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        GridSecretSettings secret,
        RelaySettings relay,
        ShutdownSettings shutdown) {

    /// What an answer may take beside the wait and one worker's handshake: asking the registry, and reaching another
    /// worker when the first one is dead.
    private static final Duration RETRY_ALLOWANCE = Duration.ofSeconds(3);

    /// The one deadline of an answer, from the moment at which the request was read. However many workers are tried,
    /// the client has its 101 or its refusal by then.
    public Duration answerTimeout() {
        return queue.selectTimeout().plus(dial.handshakeTimeout()).plus(RETRY_ALLOWANCE);
    }
}
