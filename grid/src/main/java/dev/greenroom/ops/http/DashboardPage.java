package dev.greenroom.ops.http;

import dev.greenroom.data.TextResource;
import dev.greenroom.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Pattern;

/// The dashboard, at the address of the grid.
final class DashboardPage {
    private static final String RESOURCE = "dashboard.html";
    private static final Pattern STYLE = Pattern.compile("<style>(.*?)</style>", Pattern.DOTALL);
    private static final Pattern SCRIPT = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL);

    private DashboardPage() {}

    /// Loaded on first use.
    private static final class RenderedPage {
        private static final HttpResponse ANSWER = load();
    }

    /// The response with the page. Thread-safe.
    public static HttpResponse answer() {
        return RenderedPage.ANSWER;
    }

    private static HttpResponse load() {
        var html = TextResource.read(DashboardPage.class, RESOURCE);
        return HttpResponse.text(200, "text/html; charset=utf-8", html)
                .with("Content-Security-Policy", policy(html))
                .with("Referrer-Policy", "no-referrer")
                .with("Cross-Origin-Opener-Policy", "same-origin");
    }

    /// Allows the inline style and script by their digests, and requests to the own origin; nothing else.
    private static String policy(String html) {
        return "default-src 'none'; style-src " + digest(STYLE, html) + "; script-src " + digest(SCRIPT, html)
                + "; connect-src 'self'; img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    private static String digest(Pattern element, String html) {
        var found = element.matcher(html);
        if (!found.find()) {
            throw new IllegalStateException("the dashboard has no part like " + element);
        }
        try {
            var sha256 =
                    MessageDigest.getInstance("SHA-256").digest(found.group(1).getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(sha256) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
