package dev.greenroom.architecture.broken.proxy;

import dev.greenroom.architecture.broken.proxy.access.Authorized;
import io.netty.channel.Channel;

record ProxyThatConnects(Authorized client, Channel channel) {}
