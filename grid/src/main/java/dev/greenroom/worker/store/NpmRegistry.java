package dev.greenroom.worker.store;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.greenroom.data.Json;
import dev.greenroom.session.PlaywrightVersion;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// A client for the npm registry: lists the releases of `playwright-core` and downloads their archives.
final class NpmRegistry {
    private static final String PACKAGE = "playwright-core";
    private static final String ABBREVIATED = "application/vnd.npm.install-v1+json, application/json;q=0.8";
    private static final Pattern STABLE = Pattern.compile("\\d{1,4}\\.\\d{1,4}\\.\\d{1,6}");
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(10);
    private static final int MAX_REDIRECTS = 5;
    private static final long MAX_METADATA_BYTES = 128L << 20;
    private static final long MAX_ARCHIVE_BYTES = 64L << 20;

    private final NpmRegistryAddress address;
    private final HttpClient client;

    /// A stable release, its archive and the digest of that.
    ///
    /// @param integrity in the form `sha512-<base64>`, perhaps among others
    /// @param isComplete whether it has no dependencies
    record Release(PlaywrightVersion version, String release, URI tarball, String integrity, boolean isComplete) {
        int patch() {
            return Integer.parseInt(release.substring(release.lastIndexOf('.') + 1));
        }
    }

    NpmRegistry(NpmRegistryAddress address) {
        this.address = address;
        this.client = HttpClient.newBuilder()
                .connectTimeout(CONNECT_PATIENCE)
                .followRedirects(HttpClient.Redirect.NEVER) // ours do not carry the token to other hosts
                .build();
    }

    /// The highest stable patch of every minor.
    Map<PlaywrightVersion, Release> releases(Duration patience) throws IOException, InterruptedException {
        var body = get(
                address.base().resolve(PACKAGE),
                ABBREVIATED,
                BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_METADATA_BYTES),
                patience);
        try {
            var newest = new TreeMap<PlaywrightVersion, Release>();
            for (var entry : Json.mapper().readTree(body).path("versions").properties()) {
                release(entry.getKey(), entry.getValue())
                        .ifPresent(release -> newest.merge(release.version(), release, NpmRegistry::newer));
            }
            return newest;
        } catch (JacksonException e) {
            throw new IOException("it did not answer with the metadata of a package", e);
        }
    }

    private static Release newer(Release one, Release other) {
        return Comparator.comparingInt(Release::patch).compare(one, other) >= 0 ? one : other;
    }

    private Optional<Release> release(String release, JsonNode metadata) {
        if (!STABLE.matcher(release).matches()) {
            return Optional.empty();
        }
        var dist = metadata.path("dist");
        var tarball = address.base().resolve(dist.path("tarball").asString(""));
        var integrity = dist.path("integrity").asString("");
        var isComplete = metadata.path("dependencies").isEmpty();
        return PlaywrightVersion.of(release)
                .map(version -> new Release(version, release, tarball, integrity, isComplete));
    }

    /// Downloads a release's archive into a file, without checking it.
    void download(Release release, Path file, Duration patience) throws IOException, InterruptedException {
        get(
                release.tarball(),
                "application/octet-stream, */*;q=0.5",
                BodyHandlers.limiting(BodyHandlers.ofFile(file, CREATE, WRITE, TRUNCATE_EXISTING), MAX_ARCHIVE_BYTES),
                patience);
    }

    private <T> T get(URI start, String accept, HttpResponse.BodyHandler<T> handler, Duration patience)
            throws IOException, InterruptedException {
        var deadline = System.nanoTime() + patience.toNanos();
        var target = start;
        for (int redirect = 0; redirect <= MAX_REDIRECTS; redirect++) {
            var response = send(request(target, accept), handler, Duration.ofNanos(deadline - System.nanoTime()));
            var status = response.statusCode();
            if (status == 200) {
                return response.body();
            }
            var location = response.headers().firstValue("location");
            if (status / 100 != 3 || location.isEmpty()) {
                throw new IOException("it answered " + status);
            }
            target = target.resolve(location.get());
        }
        throw new IOException("it redirected more than " + MAX_REDIRECTS + " times");
    }

    private HttpRequest request(URI target, String accept) throws IOException {
        try {
            var request = HttpRequest.newBuilder(target).header("accept", accept);
            address.token(target)
                    .filter(_ -> address.mayCarryToken(target))
                    .ifPresent(token -> request.header("authorization", "Bearer " + token.value()));
            return request.build();
        } catch (IllegalArgumentException e) {
            throw new IOException("it sent an address that is not one", e);
        }
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler, Duration patience)
            throws IOException, InterruptedException {
        var exchange = client.sendAsync(request, handler);
        try {
            return exchange.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw new IOException("it took longer than DRIVER_FETCH_TIMEOUT allows", e);
        } finally {
            exchange.cancel(true);
        }
    }
}
