package dev.greenroom.cli.stress;

import dev.greenroom.config.GridSettings;
import dev.greenroom.config.StressSettings.StressLoad;
import java.nio.file.Path;
import java.util.Map;

/// What the client is told, in its own words.
///
/// @param core the folder of playwright-core
/// @param title of the page that is expected; empty for any
/// @param headers the token, if there is one
record Plan(
        String core,
        String browser,
        String url,
        String target,
        String title,
        Map<String, String> headers,
        int sessions,
        int concurrency,
        long holdMillis,
        long timeoutMillis) {
    private static final String TITLE = "greenroom";
    private static final String PAGE = "data:text/html,<title>" + TITLE + "</title><h1>greenroom%20stress</h1>";

    static Plan of(GridSettings grid, StressLoad load, Path core) {
        return new Plan(
                core.toString(),
                load.browser().wireName(),
                grid.webSocket().toString(),
                load.targetUrl().orElse(PAGE),
                load.targetUrl().isPresent() ? "" : TITLE,
                grid.token()
                        .map(token -> Map.of("Authorization", "Bearer " + token.value()))
                        .orElse(Map.of()),
                load.sessions(),
                load.concurrency(),
                load.hold().toMillis(),
                load.timeout().toMillis());
    }
}
