package dev.greenroom.playwright;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.session.LaunchOverrides;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.ObjectWriter;

/// Writes launch options as request headers.
final class LaunchOverridesHeaders {
    static final String NETWORK = "x-playwright-proxy";
    static final String LAUNCH_OPTIONS = "x-playwright-launch-options";

    /// Header values are ASCII.
    private static final ObjectWriter ASCII = Json.mapper().writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private LaunchOverridesHeaders() {}

    static List<HttpHeader> of(LaunchOverrides overrides) {
        var fields = new ArrayList<HttpHeader>();
        overrides.exposeNetwork().ifPresent(hosts -> fields.add(new HttpHeader(NETWORK, hosts)));
        var options = new LinkedHashMap<String, Object>();
        overrides.headless().ifPresent(headless -> options.put("headless", headless));
        overrides.channel().ifPresent(channel -> options.put("channel", channel));
        if (!overrides.args().isEmpty()) {
            options.put("args", overrides.args());
        }
        overrides.proxy().ifPresent(proxy -> options.put("proxy", proxy(proxy)));
        overrides.slowMotion().ifPresent(pause -> options.put("slowMo", pause.toMillis()));
        overrides.timeout().ifPresent(timeout -> options.put("timeout", timeout.toMillis()));
        if (!overrides.firefoxUserPrefs().isEmpty()) {
            options.put("firefoxUserPrefs", overrides.firefoxUserPrefs());
        }
        if (!options.isEmpty()) {
            fields.add(new HttpHeader(LAUNCH_OPTIONS, ASCII.writeValueAsString(options)));
        }
        return fields;
    }

    private static Map<String, Object> proxy(LaunchOverrides.ClientProxy proxy) {
        var options = new LinkedHashMap<String, Object>();
        options.put("server", proxy.server());
        proxy.bypass().ifPresent(hosts -> options.put("bypass", hosts));
        proxy.username().ifPresent(name -> options.put("username", name));
        proxy.password().ifPresent(password -> options.put("password", password));
        return options;
    }
}
