package dev.greenroom.wire;

import dev.greenroom.session.Wishes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Wishes as fields of a head.
final class WishFields {
    static final String NETWORK = "x-playwright-proxy";
    static final String LAUNCH_OPTIONS = "x-playwright-launch-options";

    private WishFields() {}

    static List<Header> of(Wishes wishes) {
        var fields = new ArrayList<Header>();
        wishes.exposeNetwork().ifPresent(hosts -> fields.add(new Header(NETWORK, hosts)));
        var options = new LinkedHashMap<String, Object>();
        wishes.headless().ifPresent(headless -> options.put("headless", headless));
        wishes.channel().ifPresent(channel -> options.put("channel", channel));
        if (!wishes.args().isEmpty()) {
            options.put("args", wishes.args());
        }
        wishes.proxy().ifPresent(proxy -> options.put("proxy", proxy(proxy)));
        wishes.slowMotion().ifPresent(pause -> options.put("slowMo", pause.toMillis()));
        wishes.timeout().ifPresent(timeout -> options.put("timeout", timeout.toMillis()));
        if (!wishes.firefoxUserPrefs().isEmpty()) {
            options.put("firefoxUserPrefs", wishes.firefoxUserPrefs());
        }
        if (!options.isEmpty()) {
            fields.add(new Header(LAUNCH_OPTIONS, Json.ascii().writeValueAsString(options)));
        }
        return fields;
    }

    private static Map<String, Object> proxy(Wishes.Proxy proxy) {
        var options = new LinkedHashMap<String, Object>();
        options.put("server", proxy.server());
        proxy.bypass().ifPresent(hosts -> options.put("bypass", hosts));
        proxy.username().ifPresent(name -> options.put("username", name));
        proxy.password().ifPresent(password -> options.put("password", password));
        return options;
    }
}
