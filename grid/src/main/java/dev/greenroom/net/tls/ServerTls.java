package dev.greenroom.net.tls;

import dev.greenroom.schedule.PeriodicTask;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.io.Serial;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// TLS 1.2 and 1.3 on a port. Reloads certificate and key when their files change; open connections keep
/// the certificate that they started with.
public final class ServerTls implements AutoCloseable {
    /// How often the files are checked for changes.
    public static final Duration RELOAD_INTERVAL = Duration.ofSeconds(5);

    /// As long as the limit for a request head.
    private static final Duration HANDSHAKE_TIME = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);

    private final TlsKeyPair files;
    private final InstantSource clock;
    private final Duration interval;
    private volatile Optional<PeriodicTask> task = Optional.empty();
    private volatile TlsKeyPair.TlsIdentity identity;

    /// The contents at the last check, and those that were loaded last. Used by the reload task only.
    private TlsKeyPair.Contents lastRead;

    private TlsKeyPair.Contents lastLoaded;
    private String lastFailure = "";

    private ServerTls(TlsKeyPair files, InstantSource clock, Duration interval, TlsKeyPair.Contents contents) {
        this.files = files;
        this.clock = clock;
        this.interval = interval;
        this.lastRead = contents;
        this.lastLoaded = contents;
        this.identity = files.identity(contents);
    }

    /// Loads a certificate and its key.
    ///
    /// @param certificates PEM: the server's certificate, followed by its intermediate certificates
    /// @param key PEM: PKCS#8, PKCS#1 or SEC 1, not encrypted
    /// @param interval between two checks of the files; a change is loaded once two checks have found it
    ///     alike
    /// @throws TlsFailedException when a file is unreadable or damaged, or the two do not match
    public static ServerTls load(Path certificates, Path key, InstantSource clock, Duration interval) {
        var files = new TlsKeyPair(certificates, key);
        var tls = new ServerTls(files, clock, interval, files.read());
        tls.warnIfNotValidNow();
        return tls;
    }

    /// Checks a certificate and its key as [#load] does, without serving them.
    ///
    /// @return the server's own certificate
    /// @throws TlsFailedException when a file is unreadable or damaged, or the two do not match
    public static X509Certificate check(Path certificates, Path key) {
        var files = new TlsKeyPair(certificates, key);
        return files.identity(files.read()).leaf();
    }

    /// Reads the server's own certificate, without its key.
    ///
    /// @throws TlsFailedException when there is none in the file
    public static X509Certificate leaf(Path certificates) {
        return new TlsKeyPair(certificates, certificates).leaf();
    }

    /// Reads the certificates of a PEM file, in its order; at least one.
    ///
    /// @param setting that names the file, for the error
    /// @throws TlsFailedException when there is none, or one of them is damaged
    public static List<X509Certificate> certificates(String setting, Path file) {
        return TlsKeyPair.readCertificates(setting, file);
    }

    /// Starts checking the files for changes.
    public void start() {
        task = Optional.of(PeriodicTask.every(interval, "tls-files", this::reload));
    }

    /// Loads changed files. Waits one more interval while they still change, since two files are not
    /// replaced at once.
    private void reload() {
        try {
            var now = files.read();
            var settled = now.equals(lastRead);
            lastRead = now;
            if (!settled || now.equals(lastLoaded)) {
                return;
            }
            lastLoaded = now;
            identity = files.identity(now);
            lastFailure = "";
            LOG.atInfo()
                    .addKeyValue("code", "TLS_RELOADED")
                    .addKeyValue("subject", identity.leaf().getSubjectX500Principal())
                    .addKeyValue("notAfter", identity.leaf().getNotAfter().toInstant())
                    .log("Certificate reloaded; new connections use it");
            warnIfNotValidNow();
        } catch (TlsFailedException e) {
            warnOnce(e);
        }
    }

    private void warnOnce(TlsFailedException e) {
        var why = String.valueOf(e.getMessage());
        if (!why.equals(lastFailure)) {
            lastFailure = why;
            LOG.atWarn()
                    .addKeyValue("code", "TLS_RELOAD_FAILED")
                    .addKeyValue("cause", why)
                    .log("Changed certificate files cannot be used; the old certificate stays in use");
        }
    }

    private void warnIfNotValidNow() {
        var leaf = identity.leaf();
        Instant now = clock.instant();
        if (now.isAfter(leaf.getNotAfter().toInstant())
                || now.isBefore(leaf.getNotBefore().toInstant())) {
            LOG.atWarn()
                    .addKeyValue("code", "TLS_CERTIFICATE_EXPIRED")
                    .addKeyValue("subject", leaf.getSubjectX500Principal())
                    .addKeyValue("notBefore", leaf.getNotBefore().toInstant())
                    .addKeyValue("notAfter", leaf.getNotAfter().toInstant())
                    .log("Certificate expired or not yet valid; clients refuse it, replace it");
        }
    }

    /// Creates the TLS handler of a connection, the first in its pipeline.
    public SslHandler newHandler(Channel channel) {
        var handler = identity.context().newHandler(channel.alloc());
        handler.setHandshakeTimeout(HANDSHAKE_TIME.toSeconds(), TimeUnit.SECONDS);
        return handler;
    }

    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }

    /// Certificate or key cannot be used. The message names setting and file.
    public static final class TlsFailedException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        TlsFailedException(String sentence, Throwable cause) {
            super(sentence, cause);
        }
    }
}
