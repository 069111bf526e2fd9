"""nginx between clients and a server of ours (`grpc_pass`)."""

import os
import subprocess
from pathlib import Path

import grpc

from support.server import PATIENCE, free_port

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log warn;
{user}
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream server {{
    server {upstream};
    keepalive {keepalive};
  }}
  server {{
    listen 127.0.0.1:{port} http2;
    client_max_body_size 0;
    http2_max_concurrent_streams 2000;
    keepalive_requests 10000000;
    location / {{
      grpc_pass grpc://server;
      grpc_socket_keepalive on;
    }}
  }}
}}
"""


class Nginx:
    """Serves `port` and asks `upstream` (HOST:PORT); keeps up to `keepalive` connections to it."""

    def __init__(self, folder, upstream, keepalive=16):
        self.folder = Path(folder)
        self.port = free_port()
        self.keepalive = keepalive
        file = self.folder / "nginx.conf"
        file.write_text(CONFIGURATION.format(
            folder=folder, upstream=upstream, port=self.port, keepalive=keepalive,
            user="user root;" if os.geteuid() == 0 else ""))
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-c", str(file), "-p", str(folder),
             "-e", str(self.folder / "error.log")])
        with self.channel() as channel:
            grpc.channel_ready_future(channel).result(timeout=PATIENCE)

    def channel(self, **options):
        """A connection of its own. No retries: what goes wrong is to be seen."""
        options = {"use_local_subchannel_pool": 1, "max_receive_message_length": -1,
                   "max_send_message_length": -1, "enable_retries": 0, **options}
        return grpc.insecure_channel(
            f"127.0.0.1:{self.port}",
            options=[(f"grpc.{key}", value) for key, value in options.items()])

    def log(self):
        return (self.folder / "error.log").read_text()

    def end(self):
        self.process.terminate()
        self.process.wait()
