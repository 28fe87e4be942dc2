"""Agents whose loop is their own: one for each API, with the vendor's client, at an address they are given.

Each begins with what `begin` says in its API's words, asks, runs the tools that are asked for by `run_tool`,
and goes on until no tool is asked for any more; it returns its last words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import anthropic
import openai

RunTool = Callable[[str, Any], str]
KEY = "sk-caller-own-secret"


def chat_agent(url: str, begin: Mapping[str, Any], run_tool: RunTool, *, stream: bool) -> str:
    """Talk OpenAI's chat completions."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as client:
        messages = list(begin["messages"])
        while True:
            asked = {**begin, "messages": messages}
            if stream:
                with client.chat.completions.stream(**asked) as events:
                    said = events.get_final_completion().choices[0].message
            else:
                said = client.chat.completions.create(**asked).choices[0].message
            calls = said.tool_calls or []
            made = [
                {"id": c.id, "type": "function",
                 "function": {"name": c.function.name, "arguments": c.function.arguments}}
                for c in calls
            ]  # fmt: skip
            if not calls:
                return said.content or ""
            messages.append({"role": "assistant", "content": said.content, "tool_calls": made})
            for call in calls:
                result = run_tool(call.function.name, json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def responses_agent(url: str, begin: Mapping[str, Any], run_tool: RunTool, *, stream: bool) -> str:
    """Talk OpenAI's responses."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as client:
        items: list[Any] = list(begin["input"])
        while True:
            asked = {**begin, "input": items}
            if stream:
                with client.responses.stream(**asked) as events:
                    said = events.get_final_response()
            else:
                said = client.responses.create(**asked)
            calls = [item for item in said.output if item.type == "function_call"]
            if not calls:
                return str(said.output_text)
            for item in said.output:
                if item.type == "message":
                    items.append({"role": "assistant", "content": said.output_text})
            items += [
                {"type": "function_call", "call_id": c.call_id, "name": c.name, "arguments": c.arguments}
                for c in calls
            ]
            items += [
                {"type": "function_call_output", "call_id": c.call_id,
                 "output": run_tool(c.name, json.loads(c.arguments))}
                for c in calls
            ]  # fmt: skip


def messages_agent(url: str, begin: Mapping[str, Any], run_tool: RunTool, *, stream: bool) -> str:
    """Talk Anthropic's messages."""
    with anthropic.Anthropic(base_url=url, api_key=KEY) as client:
        messages = list(begin["messages"])
        while True:
            asked = {**begin, "messages": messages}
            if stream:
                with client.messages.stream(**asked) as events:
                    said = events.get_final_message()
            else:
                said = client.messages.create(**asked)
            blocks = [
                block.model_dump(exclude_none=True, exclude={"parsed_output"}) for block in said.content
            ]
            calls = [block for block in blocks if block["type"] == "tool_use"]
            if not calls:
                return "".join(block.get("text", "") for block in blocks)
            messages.append({"role": "assistant", "content": blocks})
            results = [
                {"type": "tool_result", "tool_use_id": c["id"], "content": run_tool(c["name"], c["input"])}
                for c in calls
            ]
            messages.append({"role": "user", "content": results})


AGENTS = {"chat": chat_agent, "responses": responses_agent, "messages": messages_agent}
