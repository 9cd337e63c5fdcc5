"""What a person wants of an assistant (F9): "What time is it ?" is read a word at a time, and asks for the time.

Each intent is said in many ways. Those held out are paraphrases that training never shows, made of words that it does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from rnnlab.tasks.task import Data, Defaults, bench
from rnnlab.tasks.words import SentenceTask, sentence_data, vocabulary
from rnnlab.texts import _, noted

ORDER = 50
#: Sentences of each intent, in training and held out.
TRAIN, HELD_OUT = 136, 34
OPENINGS = ("", "", "", "please , ", "hey , ", "ok , ")
FIELD = re.compile(r"{(\w+)}")
FILLERS = {
    "place": ("paris", "seoul", "london", "berlin", "the city", "the airport", "the station", "the village"),
    "day": ("today", "tomorrow", "tonight", "on monday", "on friday", "on sunday", "this evening"),
    "time": ("six", "seven", "half past six", "half past seven", "eight", "ten", "noon", "midnight"),
    "number": ("two", "three", "five", "ten", "twenty", "thirty"),
    "food": ("eggs", "rice", "pasta", "cake", "soup", "tea"),
    "genre": ("jazz", "rock", "piano", "guitar", "classical", "dance"),
    "artist": ("mozart", "bach", "the beatles", "a korean band", "an old band"),
    "animal": ("cats", "dogs", "a horse", "elephants", "a parrot", "cows"),
    "word": ("water", "bread", "thank you", "friend", "house", "goodbye", "love"),
    "language": ("korean", "english", "german", "french", "spanish", "italian"),
    "vehicle": ("bus", "train", "car", "bike", "taxi"),
    "stop": ("bus stop", "train station", "hotel", "hospital", "museum"),
    "topic": ("sports", "politics", "science", "football", "the election", "the economy"),
    "name": ("anna", "minji", "tom", "peter", "jisoo", "maria", "david"),
    "person": ("mother", "father", "sister", "brother", "boss", "doctor"),
    "room": ("kitchen", "bedroom", "bathroom", "living room", "hall", "garden"),
}


class Intent(NamedTuple):
    """What is wanted, how it is said in training, and how held out."""

    title: str
    shown: tuple[str, ...]
    held_out: tuple[str, ...]
    openings: tuple[str, ...] = OPENINGS


def either(text: str) -> tuple[str, ...]:
    """The templates that stand between the strokes of a text."""
    return tuple(" ".join(template.split()) for template in text.split("|"))


INTENTS = (
    Intent(
        noted("time"),
        either(
            """
            what time is it ? | what time is it in {place} ? | can you tell me the time ? |
            tell me the time in {place} | how late is it ? | how late is it in {place} now ? |
            do you know what time it is ? | what is the time now ? | i want to know the time | is it {time} yet ? |
            i want to know what time it is | let me know the time | show me the time in {place} |
            what does the clock say ?
            """
        ),
        either(
            """
            tell me what time it is in {place} | what is the time in {place} ? | do you know how late it is ? |
            can you say what time it is in {place} now ? | i want to know how late it is in {place}
            """
        ),
    ),
    Intent(
        noted("weather"),
        either(
            """
            what is the weather like in {place} ? | how is the weather {day} ? | will it rain {day} ? |
            is it going to rain in {place} ? | do i need an umbrella {day} ? | will it be cold in {place} {day} ? |
            is it sunny in {place} ? | how warm is it outside ? | what will the weather be {day} ? |
            i want to know the weather in {place} | how cold is it in {place} ? | tell me the weather for {day} |
            will there be snow in {place} ? | i want to know if the rain will stop {day}
            """
        ),
        either(
            """
            how cold will it be {day} ? | is it warm in {place} {day} ? | will there be rain in {place} ? |
            tell me if it will rain {day} | do we need an umbrella in {place} ?
            """
        ),
    ),
    Intent(
        noted("alarm"),
        either(
            """
            wake me up at {time} | wake me {day} at {time} | can you wake me at {time} ? | set an alarm for {time} |
            set my alarm at {time} {day} | i have to get up at {time} | i need an alarm for {day} at {time} |
            turn off my alarm | do not let me sleep after {time} | change my alarm to {time} |
            make the alarm ring at {time} | i want to wake up at {time} | i want the alarm to ring {day} |
            i would like to get up at {time} | let me sleep until {time}
            """
        ),
        either(
            """
            i want to get up at {time} {day} | i have to wake up at {time} | let the alarm ring {day} at {time} |
            can you set the alarm to {time} ? | i do not want to sleep after {time} {day}
            """
        ),
    ),
    Intent(
        noted("timer"),
        either(
            """
            set a timer for {number} minutes | start a timer of {number} seconds | count down {number} minutes |
            tell me when {number} minutes are over | remind me in {number} minutes |
            let me know after {number} hours | how much time is left on the timer ? | stop the timer |
            i need a timer for the {food} | give me {number} minutes for the {food} |
            the {food} must cook for {number} minutes | i want to know when {number} minutes are over |
            i would like a timer for {number} hours | can you set a timer for the {food} ?
            """
        ),
        either(
            """
            i need {number} minutes on the timer | can you count {number} minutes for me ? |
            let me know when the {food} must stop | set the timer to {number} seconds for the {food} |
            remind me of the {food} after {number} minutes
            """
        ),
    ),
    Intent(
        noted("music"),
        either(
            """
            play some {genre} | play a song by {artist} | play my favourite song | can you play {genre} music ? |
            i want to hear {genre} | i would like to listen to {genre} | let me listen to {artist} |
            put on some {genre} music | play the next song | stop the music | turn up the music by {artist} |
            i would like to hear {artist} | put on a song by {artist} | can i hear {artist} ?
            """
        ),
        either(
            """
            let me hear some {genre} music | i want to listen to a song by {artist} | put on {artist} |
            can you play the next song by {artist} ? | i would like some {genre} music
            """
        ),
    ),
    Intent(
        noted("joke"),
        either(
            """
            tell me a joke | do you know a good joke ? | make me laugh | i need a laugh | say something funny |
            tell me something funny about {animal} | tell us a funny story about {animal} |
            i want to hear a joke about {animal} | can you make a joke about {animal} ? | give me your best joke |
            i would like to hear something funny | can you make me laugh ? | i want to laugh | let me hear a joke |
            what is so funny about {animal} ?
            """
        ),
        either(
            """
            do you know something funny about {animal} ? | i would like to laugh about {animal} |
            give me a good joke about {animal} | say something to make me laugh |
            what is your best story about {animal} ?
            """
        ),
    ),
    Intent(
        noted("translation"),
        either(
            """
            translate {word} into {language} | can you translate {word} to {language} ? |
            translate this sentence into {language} | how do you say {word} in {language} ? |
            what is {word} in {language} ? | what does {word} mean in {language} ? |
            what is the {language} for {word} ? | i need the {language} word for {word} | say {word} in {language} |
            how do people in {place} say {word} ? | i want to know the {language} word for {word} |
            tell me how to say {word} in {language} | i would like to translate {word} |
            i do not know the {language} word {word}
            """
        ),
        either(
            """
            i want to say {word} in {language} | tell me the {language} word for {word} |
            how do i translate {word} into {language} ? | do you know what {word} is in {language} ? |
            what do people say for {word} in {language} ?
            """
        ),
    ),
    Intent(
        noted("route"),
        either(
            """
            how do i get to {place} ? | show me the way to {place} | what is the fastest way to {place} ? |
            take me to {place} | how far is it to {place} ? | which {vehicle} goes to {place} ? |
            is there a {vehicle} to {place} ? | how long does it take to the {stop} ? | where is the next {stop} ? |
            tell me how to get to {place} | can you show me the way to the {stop} ? |
            i would like to go to {place} by {vehicle} | i want to go to {place} |
            find a route to the {stop} by {vehicle}
            """
        ),
        either(
            """
            which way is it to {place} ? | show me a route to the next {stop} |
            i need to get to {place} by {vehicle} | how far is the next {stop} ? |
            where is the fastest {vehicle} to {place} ?
            """
        ),
    ),
    Intent(
        noted("news"),
        either(
            """
            what is in the news today ? | read me the news | what happened in {place} today ? |
            tell me the news about {topic} | is there any news from {place} ? | what is new in {topic} ? |
            show me the headlines | i want to know what happened in {place} | tell me what is new in {place} |
            i would like to read the headlines | let me hear the news | give me the latest on {topic} |
            i want to hear the news of {place} | any headlines about {topic} ? |
            what are the headlines this morning ?
            """
        ),
        either(
            """
            read me the headlines about {topic} | what is the latest news from {place} ? |
            show me what happened in {topic} today | i want to know what is new in {topic} |
            give me the headlines from {place}
            """
        ),
    ),
    Intent(
        noted("call"),
        either(
            """
            call {name} | call my {person} | phone {name} | i want to talk to {name} | let me speak to my {person} |
            can you call {name} for me ? | ring {name} on the phone | get my {person} on the phone |
            make a call to my {person} | dial the number of {name} | i would like to call {name} |
            i need to talk to my {person} | can i speak to {name} ? | start a call with {name}
            """
        ),
        either(
            """
            phone my {person} for me | i want to speak to {name} | can you get {name} on the phone ? |
            let me talk to my {person} on the phone | make a phone call to {name}
            """
        ),
    ),
    Intent(
        noted("lights"),
        either(
            """
            turn on the light in the {room} | turn off the lights | switch the {room} light on |
            switch off the lights in the {room} | make the {room} brighter | it is too dark in the {room} |
            dim the lights in the {room} | i would like the {room} to be brighter | put out the lights |
            is the light in the {room} on ? | let there be light in the {room} | lights out in the {room} |
            can you put the light on in the {room} ? | i cannot see anything in the {room} |
            i want less light in the {room}
            """
        ),
        either(
            """
            turn the {room} lights off | the {room} is too dark | can you switch on the light in the {room} ? |
            make it brighter in the {room} | i want the lights in the {room} out
            """
        ),
    ),
    Intent(
        noted("greeting"),
        either(
            """
            hello | hello {name} , how are you ? | hi there {name} | hi , i am {name} | good morning {name} |
            good evening {name} | good afternoon | hey , my name is {name} | nice to meet you {name} |
            hello , i am {name} | how are you today {name} ? | good to see you {name} | how do you do ? |
            i am glad to see you {name}
            """
        ),
        either(
            """
            hello , nice to see you {name} | good morning , how are you {name} ? | hi {name} , how do you do ? |
            hey {name} , i am glad to meet you | good afternoon , my name is {name}
            """
        ),
        openings=("",),
    ),
)
KNOWN = vocabulary(
    (
        *(FIELD.sub(" ", template) for intent in INTENTS for template in intent.shown),
        *(filler for choices in FILLERS.values() for filler in choices),
        *OPENINGS,
        ".",
    )
)


def say(intent: Intent, templates: Sequence[str], rng: np.random.Generator) -> str:
    """One of these templates, filled in; some people begin politely and some leave out the mark at the end."""

    def pick(choices: Sequence[str]) -> str:
        return choices[int(rng.integers(len(choices)))]

    said = FIELD.sub(lambda field: pick(FILLERS[field[1]]), pick(templates))
    said = pick(intent.openings) + said
    if rng.random() < 0.3:
        return said.removesuffix(" ?")
    return said if said.endswith("?") else f"{said} ."


@lru_cache(maxsize=4)
def sentences(seed: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """What is said to learn from, and held out, in any order, each with the number of its intent."""
    rng = np.random.default_rng(seed)
    train = [(say(intent, intent.shown, rng), n) for n, intent in enumerate(INTENTS) for _copy in range(TRAIN)]
    held_out = [(say(intent, intent.held_out, rng), n) for n, intent in enumerate(INTENTS) for _copy in range(HELD_OUT)]
    rng.shuffle(train)
    rng.shuffle(held_out)
    return train, held_out


@lru_cache(maxsize=4)
def _data(seed: int) -> Data:
    train, held_out = sentences(seed)
    return sentence_data(train, held_out, KNOWN, np.random.default_rng((seed, ORDER)))


@dataclass(frozen=True)
class IntentTask(SentenceTask):
    """Say what a person wants of an assistant."""

    known = KNOWN
    example = "What time is it ?"
    defaults = Defaults(bench(32, 16), epochs=12, learning_rate=0.005)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(_(intent.title) for intent in INTENTS)

    def data(self, seed: int) -> Data:
        return _data(seed)


TASKS = (
    IntentTask(
        "intent",
        noted("Intent"),
        noted(
            "“What time is it ?” is fed to the network a word at a time; at the end it says what is asked for. Watch when it "
            "becomes sure. The sentences held out say the same things in ways that training never showed."
        ),
    ),
)
