"""How does a test get a bucket that speaks S3 and asks for the right key?"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field

import boto3
import requests
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

BUCKET = "sheets"
REGION = "us-east-1"
_SET_UP = 5
"""Actions that are let through without a key, so that there can be a first one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """A bucket with one reader, who may list and read and nothing else."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    server: ThreadedMotoServer

    def put(self, name: str, content: bytes) -> None:
        """Store an object, as its owner would; the door's check is put off for it."""
        _let_through(self.endpoint, 1)
        _client("s3", self.endpoint).put_object(Bucket=BUCKET, Key=name, Body=content)

    def remove_all(self) -> None:
        """Empty the bucket."""
        _let_through(self.endpoint, 100)
        client = _client("s3", self.endpoint)
        for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            client.delete_object(Bucket=BUCKET, Key=found["Key"])
        _let_through(self.endpoint, 0)


def start_bucket() -> Bucket:
    """A server of its own, on a free port of the loopback."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    _let_through(endpoint, _SET_UP)
    _client("s3", endpoint).create_bucket(Bucket=BUCKET)
    iam = _client("iam", endpoint)
    iam.create_user(UserName="reader")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
        ],
    }
    made = iam.create_policy(PolicyName="reads", PolicyDocument=json.dumps(policy))
    iam.attach_user_policy(UserName="reader", PolicyArn=made["Policy"]["Arn"])
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return Bucket(
        endpoint=endpoint,
        access_key=key["AccessKeyId"],
        secret_key=key["SecretAccessKey"],
        server=server,
    )


def _let_through(endpoint: str, actions: int) -> None:
    requests.post(f"{endpoint}/moto-api/reset-auth", data=str(actions), timeout=10)


def _client(service: str, endpoint: str):  # type: ignore[no-untyped-def]  # boto3 has no types
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="owner",
        aws_secret_access_key="owner",
    )
